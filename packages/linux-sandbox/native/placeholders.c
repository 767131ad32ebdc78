/*
 * A protected path that does not exist yet must not be created from inside, and a mount needs something to stand on.
 * So an empty directory of a telling mode is made for as long as a sandbox needs it. Sandboxes at the same path share
 * it: each holds a shared lock, and who can take the exclusive one is the last and removes it. A directory left by a
 * killed machine is recognised by its mode and removed by the next run.
 */
#include "helper.h"

#include <sys/file.h>
#include <time.h>

enum { MARK = 01555 };

int alive_descriptor = -1;

static const struct options *planned; /* with the paths as they were given */
static struct held {
  int directory;
  char *path;
} *held;
static size_t held_count;
static pid_t janitor;
static int patience; /* milliseconds for a lock that others hold */
static const struct timespec MILLISECOND = {.tv_nsec = 1000000};

static bool is_placeholder(const struct stat *facts) {
  return S_ISDIR(facts->st_mode) && (facts->st_mode & 01777) == MARK;
}

static int open_parent(const char *path) {
  char parent[4096];
  snprintf(parent, sizeof parent, "%.*s", (int)(strrchr(path, '/') - path), path);
  return open_exact(parent[0] == 0 ? "/" : parent, O_PATH | O_DIRECTORY);
}

/* ── removal ── */

static void remove_from(int parent, const char *name) {
  if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno != EACCES) return;
  /* The command may have closed the folder around it. */
  struct stat facts;
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", parent);
  if (fstat(parent, &facts) != 0 || facts.st_uid != geteuid()) return;
  if (chmod(path, facts.st_mode | S_IWUSR | S_IXUSR) != 0) return;
  unlinkat(parent, name, AT_REMOVEDIR);
  chmod(path, facts.st_mode & 07777);
}

/* A process that ends closes the pipe and the locks one after the other, so the janitor looks more than once. */
static bool is_last(int directory) {
  for (int attempt = 0; flock(directory, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK; attempt++) {
    if (attempt == patience) return false;
    nanosleep(&MILLISECOND, NULL);
  }
  return true; /* or there are no locks here */
}

/* Only an empty directory goes, and only the last lets it go; in /tmp another user's stays for that user's next run. */
static void remove_if_last(const char *path, int directory) {
  bool last = is_last(directory);
  int parent = last ? open_parent(path) : -1;
  const char *name = strrchr(path, '/') + 1;
  struct stat ours, there;
  bool same = parent >= 0 && fstat(directory, &ours) == 0 &&
              fstatat(parent, name, &there, AT_SYMLINK_NOFOLLOW) == 0 && ours.st_ino == there.st_ino &&
              ours.st_dev == there.st_dev;
  if (same) remove_from(parent, name);
  if (parent >= 0) close(parent);
}

/* It stands at the path itself or at the first component that was missing. */
static void remove_on_the_way(const char *path) {
  char part[4096];
  snprintf(part, sizeof part, "%s", path);
  for (char *slash = strchr(part + 1, '/');; slash = strchr(slash + 1, '/')) {
    if (slash != NULL) *slash = 0;
    int directory = open_exact(part, O_RDONLY | O_DIRECTORY);
    struct stat facts;
    bool found = directory >= 0 && fstat(directory, &facts) == 0 && is_placeholder(&facts);
    if (found) remove_if_last(part, directory);
    if (directory >= 0) close(directory);
    bool missing = directory < 0 && (errno == ENOENT || errno == ENOTDIR);
    if (found || missing || slash == NULL) return;
    *slash = '/';
  }
}

static void remove_all(void) {
  for (size_t index = 0; index < planned->rule_count; index++) {
    const struct rule *rule = &planned->rules[index];
    if (rule->access == ACCESS_READ_ONLY) remove_on_the_way(rule->path);
  }
}

/*
 * A shared lock that is turned into an exclusive one is given up first: of two sandboxes that end together, one gets it.
 * A server reaps the janitor for us.
 */
void remove_placeholders(void) {
  if (janitor <= 0) return;
  for (size_t index = 0; index < held_count; index++) {
    remove_if_last(held[index].path, held[index].directory);
    close(held[index].directory);
  }
  held_count = 0;
  kill(janitor, SIGKILL);
  if (report_page == NULL) waitpid(janitor, NULL, 0);
  janitor = 0;
}

/*
 * Even SIGKILL of this process must leave nothing: a child in its own session outlives it just for the removal. It
 * waits until nobody holds the other end of the pipe any more, neither this process nor the one inside that keeps the
 * mounts; the command never has it.
 */
static void start_janitor(void) {
  int alive[2];
  if (janitor > 0) return;
  if (pipe2(alive, O_CLOEXEC) != 0) fail("protected", "cannot create a pipe");
  pid_t child = fork();
  if (child < 0) fail("protected", "cannot fork");
  if (child > 0) {
    janitor = child;
    alive_descriptor = alive[1];
    close(alive[0]);
    return;
  }
  before_failure = NULL;
  setsid();
  dup2(alive[0], STDIN_FILENO);
  close_from(1);
  char word;
  while (read(STDIN_FILENO, &word, 1) < 0 && errno == EINTR) continue;
  patience = 200;
  remove_all();
  _exit(0);
}

/* ── creation ── */

/* Somebody removes it, or another user plays with the lock: never wait without an end. */
static bool share(int directory) {
  if (flock(directory, LOCK_SH | LOCK_NB) == 0 || errno != EWOULDBLOCK) return true; /* or there are no locks here */
  nanosleep(&MILLISECOND, NULL);
  return false;
}

/* False: it went away meanwhile, look again. */
static bool hold(const char *path) {
  start_janitor();
  int directory = open_exact(path, O_RDONLY | O_DIRECTORY);
  if (directory < 0) return errno != ENOENT;
  struct stat facts;
  bool shared = share(directory) && fstat(directory, &facts) == 0 && facts.st_nlink > 0 && is_placeholder(&facts);
  if (!shared) return close(directory), false;
  char *kept = strdup(path);
  if (kept == NULL) fail("protected", "out of memory");
  held[held_count++] = (struct held){.directory = directory, .path = kept};
  return true;
}

/* Cuts the path to its first component that is not there (or is no directory). */
static void cut_to_first_missing(char *path) {
  int parent = open_parent(path);
  if (parent >= 0) close(parent); /* only the last one, as most often */
  if (parent >= 0) return;
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

/* True when the rule needs no mount, then its path is NULL; false: look again. */
static bool create(struct rule *rule) {
  start_janitor();
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

/* True when the rule can be mounted or needs no mount; false: look again. */
static bool prepare(struct rule *rule) {
  struct stat facts;
  int found = open_exact(rule->path, O_PATH);
  if (found >= 0) {
    bool ours = fstat(found, &facts) == 0 && is_placeholder(&facts);
    close(found);
    return !ours || hold(rule->path);
  }
  if (errno == ELOOP) fail("protected", "cannot protect %s: a symbolic link is on the way to it", rule->path);
  if (errno != ENOENT && errno != ENOTDIR) fail("protected", "cannot protect %s", rule->path);
  return create(rule);
}

/* `options` get paths that exist; `given` keep theirs, for the removal. */
void prepare_placeholders(struct options *options, const struct options *given) {
  planned = given;
  held = calloc(options->rule_count + 1, sizeof *held);
  options->rules = calloc(options->rule_count + 1, sizeof *options->rules);
  if (held == NULL || options->rules == NULL) fail("protected", "out of memory");
  before_failure = remove_placeholders;
  mode_t mask = umask(0);
  for (size_t index = 0; index < options->rule_count; index++) {
    struct rule *rule = &options->rules[index];
    *rule = given->rules[index];
    if (rule->access != ACCESS_READ_ONLY) continue;
    rule->path = strdup(rule->path);
    if (rule->path == NULL) fail("protected", "out of memory");
    for (int attempts = 0; !prepare(rule);)
      if (++attempts == 1000) fail("protected", "cannot protect %s: it keeps changing", rule->path);
  }
  umask(mask);
}
