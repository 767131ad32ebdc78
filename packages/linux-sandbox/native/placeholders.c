/*
 * A protected path that does not exist yet must not be created from inside, and a mount needs something to stand on.
 * So an empty directory of a telling mode is made for as long as a sandbox needs it. Sandboxes at the same path share
 * it: each holds a shared lock, and who can take the exclusive one is the last and removes it. A directory left by a
 * killed machine is recognised by its mode and removed by the next run.
 */
#include "helper.h"

#include <poll.h>
#include <sys/file.h>
#include <time.h>

enum { MARK = 01555 };

struct placeholder {
  int parent;    /* directory it stands in */
  int directory; /* itself, holding the shared lock */
  char name[256];
};

static struct placeholder *placeholders;
static size_t placeholder_count;
static pid_t janitor;

static bool is_placeholder(const struct stat *facts) {
  return S_ISDIR(facts->st_mode) && (facts->st_mode & 01777) == MARK;
}

static int open_parent(const char *path) {
  char parent[4096];
  snprintf(parent, sizeof parent, "%.*s", (int)(strrchr(path, '/') - path), path);
  return open_exact(parent[0] == 0 ? "/" : parent, O_PATH | O_DIRECTORY);
}

/* Somebody removes it, or another user plays with the lock: never wait without an end. */
static bool share(int directory) {
  if (flock(directory, LOCK_SH | LOCK_NB) == 0 || errno != EWOULDBLOCK) return true; /* or there are no locks here */
  nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
  return false;
}

/* False: it went away meanwhile, look again. */
static bool hold(int parent, const char *path) {
  const char *name = strrchr(path, '/') + 1;
  int directory = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (directory < 0) return errno != ENOENT;
  if (!share(directory)) {
    close(directory);
    return false;
  }
  struct stat facts;
  bool alive = fstat(directory, &facts) == 0 && facts.st_nlink > 0 && is_placeholder(&facts);
  if (!alive) {
    close(directory);
    return false;
  }
  struct placeholder *placeholder = &placeholders[placeholder_count++];
  placeholder->directory = directory;
  placeholder->parent = fcntl(parent, F_DUPFD_CLOEXEC, 0);
  if (placeholder->parent < 0) fail("protected", "too many protected paths");
  snprintf(placeholder->name, sizeof placeholder->name, "%s", name);
  return true;
}

/* Cuts the path to its first component that is not there (or is no directory). */
static void cut_to_first_missing(char *path) {
  for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
    *slash = 0;
    int part = open_exact(path, O_PATH | O_DIRECTORY);
    if (part < 0 && (errno == ENOENT || errno == ENOTDIR)) return;
    if (part < 0) fail("protected", "cannot protect %s: a symbolic link is on the way to it", path);
    close(part);
    *slash = '/';
  }
}

/* The command has our uid and fewer rights; but what it owns it could first make writable. */
static bool nobody_can_create(int parent, int error) {
  struct stat facts;
  if (error == EROFS) return true;
  return (error == EACCES || error == EPERM) && fstat(parent, &facts) == 0 && facts.st_uid != geteuid();
}

/* True when the rule can be mounted (or needs no mount, then its path is NULL); false: look again. */
static bool prepare(struct rule *rule) {
  int found = open_exact(rule->path, O_PATH);
  if (found >= 0) {
    struct stat facts;
    int error = fstat(found, &facts);
    close(found);
    if (error != 0 || !is_placeholder(&facts)) return true;
    int parent = open_parent(rule->path);
    bool held = parent >= 0 && hold(parent, rule->path);
    close(parent);
    return held;
  }
  if (errno == ELOOP) fail("protected", "cannot protect %s: a symbolic link is on the way to it", rule->path);
  if (errno != ENOENT && errno != ENOTDIR) fail("protected", "cannot protect %s", rule->path);

  cut_to_first_missing(rule->path);
  int parent = open_parent(rule->path);
  if (parent < 0) return false;
  int made = mkdirat(parent, strrchr(rule->path, '/') + 1, MARK);
  int error = errno;
  bool hopeless = made != 0 && nobody_can_create(parent, error);
  close(parent);
  if (hopeless) return rule->path = NULL, true;
  errno = error;
  if (made != 0 && error != EEXIST)
    fail("protected", "cannot protect %s: the folder around it, a writable root, does not let us", rule->path);
  return false; /* now it is there: look again, and hold it */
}

void prepare_placeholders(struct options *options) {
  placeholders = calloc(options->rule_count + 1, sizeof *placeholders);
  if (placeholders == NULL) fail("protected", "out of memory");
  before_failure = remove_placeholders;
  mode_t mask = umask(0);
  for (size_t index = 0; index < options->rule_count; index++) {
    struct rule *rule = &options->rules[index];
    if (rule->access != ACCESS_READ_ONLY) continue;
    int attempts = 0;
    while (!prepare(rule)) {
      if (++attempts == 1000) fail("protected", "cannot protect %s: it keeps changing", rule->path);
    }
  }
  umask(mask);
}

static void remove_empty(const struct placeholder *placeholder) {
  if (unlinkat(placeholder->parent, placeholder->name, AT_REMOVEDIR) == 0 || errno != EACCES) return;
  /* The command may have closed the folder around it. */
  struct stat facts;
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", placeholder->parent);
  if (fstat(placeholder->parent, &facts) != 0 || facts.st_uid != geteuid()) return;
  if (chmod(path, facts.st_mode | S_IWUSR | S_IXUSR) != 0) return;
  unlinkat(placeholder->parent, placeholder->name, AT_REMOVEDIR);
  chmod(path, facts.st_mode & 07777);
}

void remove_placeholders(void) {
  for (size_t index = 0; index < placeholder_count; index++) {
    struct placeholder *placeholder = &placeholders[index];
    struct stat ours, there;
    bool last = flock(placeholder->directory, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
    bool same = fstat(placeholder->directory, &ours) == 0 &&
                fstatat(placeholder->parent, placeholder->name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
                ours.st_ino == there.st_ino && ours.st_dev == there.st_dev;
    /* Only an empty directory goes; in /tmp another user's stays for that user's next run. */
    if (last && same) remove_empty(placeholder);
    close(placeholder->directory);
    close(placeholder->parent);
  }
  placeholder_count = 0;
  if (janitor > 0) {
    kill(janitor, SIGKILL);
    waitpid(janitor, NULL, 0);
  }
}

static void wait_for_end(int process) {
  struct pollfd ended = {.fd = process, .events = POLLIN};
  while (process >= 0 && poll(&ended, 1, -1) < 0 && errno == EINTR) continue;
}

/* Even SIGKILL of this process must leave nothing: a child in its own session outlives it just for the removal. */
void start_janitor(pid_t init, int go) {
  if (placeholder_count == 0) return;
  int helper = open_process(getpid());
  int inside = open_process(init);
  if (helper < 0 || inside < 0) fail("protected", "cannot watch the sandbox");
  pid_t child = fork();
  if (child < 0) fail("protected", "cannot fork");
  if (child > 0) {
    janitor = child;
    close(helper);
    close(inside);
    return;
  }
  before_failure = NULL;
  setsid();
  for (int descriptor = 0; descriptor <= STDERR_FILENO; descriptor++) close(descriptor);
  close(status_descriptor);
  close(go); /* its end tells the one inside that the helper has died */
  wait_for_end(helper);
  wait_for_end(inside); /* as long as anything lives inside, the mounts must stand */
  remove_placeholders();
  _exit(0);
}
