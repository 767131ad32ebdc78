/*
 * Who stays outside: waits, forwards signals, kills everything when asked or when its own parent dies, and ends as
 * the command ended. Signals are blocked and taken one by one, so nothing races with a handler.
 */
#include "helper.h"

#include <dirent.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>

enum { KILL_TREE = SIGUSR1 };
enum { LAST_WORDS = 100000000 }; /* nanoseconds (exec.md §5.3) */

/* Shared with the init inside; the command loses it when it executes. */
struct outcome {
  volatile int finished;
  volatile int wait_status;
  int done; /* who writes to it wakes the process outside, or -1 */
};

void (*on_end)(int wait_status);

enum { STILL_ENDING = -1 };
static const struct outcome *awaited; /* its end is told before its process has gone */
static sigset_t original_mask;
static int terminal = -1; /* whose foreground goes back to us at the end */

static void block_signals(sigset_t *taken) {
  sigemptyset(taken);
  static const int SIGNALS[] = {SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGIO, KILL_TREE};
  for (size_t index = 0; index < sizeof SIGNALS / sizeof *SIGNALS; index++) sigaddset(taken, SIGNALS[index]);
  signal(SIGCHLD, SIG_DFL);
  sigprocmask(SIG_BLOCK, taken, &original_mask);
}

static void follow_parent(const struct options *options) {
  if (prctl(PR_SET_PDEATHSIG, KILL_TREE) != 0) fail("supervise", "cannot follow the parent");
  errno = ESRCH;
  if (options->parent != 0 && getppid() != options->parent) fail("supervise", "the parent is not %d", options->parent);
}

static void keep_terminal(const struct options *options) {
  if (options->foreground) terminal = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
}

static _Noreturn void end_like(int wait_status) {
  signal(SIGTTOU, SIG_IGN);
  if (terminal >= 0) tcsetpgrp(terminal, getpgrp());
  if (WIFEXITED(wait_status)) _exit(WEXITSTATUS(wait_status));
  int number = WTERMSIG(wait_status);
  struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none); /* the core would be ours, not the command's */
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, number);
  signal(number, SIG_DFL);
  sigprocmask(SIG_UNBLOCK, &one, NULL);
  raise(number);
  _exit(128 + number);
}

/* With a terminal the session is the terminal's; the command gets its foreground, as a shell would give it. */
static void own_session(const struct options *options) {
  if (!options->tty) setsid();
  if (!options->tty || !options->foreground) return;
  setpgid(0, 0);
  signal(SIGTTOU, SIG_IGN);
  tcsetpgrp(STDIN_FILENO, getpid());
  signal(SIGTTOU, SIG_DFL);
}

static pid_t start_command(struct state *state) {
  pid_t parent = getpid();
  pid_t command = fork();
  if (command < 0) fail("command", "cannot fork");
  if (command > 0) return command;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(EXIT_HELPER);
  own_session(state->options);
  sigprocmask(SIG_SETMASK, &original_mask, NULL);
  become_command(state);
}

/* The pipes belong to the command alone: their ends must show when it closes them. Returns where `done` is then. */
static int release_descriptors(int done) {
  unsigned kept = 0;
  if (alive_descriptor >= 0 && dup2(alive_descriptor, 0) == 0) kept = 1;
  done = done < 0 ? -1 : dup2(done, (int)kept);
  close_from(done < 0 ? kept : kept + 1);
  return done;
}

static int take_signal(const sigset_t *taken, const struct timespec *patience) {
  int number;
  do number = patience == NULL ? sigwaitinfo(taken, NULL) : sigtimedwait(taken, NULL, patience);
  while (number < 0 && errno == EINTR);
  return number;
}

/* Waits for one child, reaping every other; signals go to `group` (negative: a process group). */
static int wait_for(pid_t child, pid_t group, const sigset_t *taken, bool *killed) {
  for (;;) {
    int status;
    pid_t ended;
    while ((ended = waitpid(-1, &status, WNOHANG)) > 0)
      if (ended == child) return status;
    if (ended < 0 && errno == ECHILD) return SIGKILL;
    int number = take_signal(taken, NULL);
    if (number == SIGIO) {
      if (awaited != NULL && awaited->finished) return STILL_ENDING;
    } else if (number == KILL_TREE) {
      if (killed != NULL) *killed = true;
      kill(group, SIGKILL);
      kill(child, SIGKILL);
    } else if (number > 0 && number != SIGCHLD && kill(group, number) != 0) {
      kill(child, number); /* not yet a group of its own */
    }
  }
}

/*
 * What a command leaves behind may finish its words, for a moment: in `make > >(tee log)` the shell ends before tee has
 * read everything. Nobody waits where nothing is left.
 */
static void let_finish(const sigset_t *taken) {
  struct timespec now, end;
  clock_gettime(CLOCK_MONOTONIC, &end);
  end.tv_nsec += LAST_WORDS;
  for (;;) {
    pid_t ended;
    while ((ended = waitpid(-1, NULL, WNOHANG)) > 0) continue;
    clock_gettime(CLOCK_MONOTONIC, &now);
    long left = (end.tv_sec - now.tv_sec) * 1000000000L + end.tv_nsec - now.tv_nsec;
    if (ended < 0 || left <= 0) return;
    struct timespec patience = {.tv_nsec = left};
    int number = take_signal(taken, &patience);
    if (number > 0 && number != SIGCHLD) return;
  }
}

/* ── inside ── */

/* Ends all others in this namespace; true when none is left. As process 1 of it only: elsewhere that would be everybody. */
static bool end_others(void) {
  if (getpid() != 1) return false;
  kill(-1, SIGKILL);
  pid_t ended;
  do ended = waitpid(-1, NULL, 0);
  while (ended > 0 || (ended < 0 && errno == EINTR));
  return true;
}

/*
 * Taking the namespaces apart takes the kernel longer than most commands; nobody who waits for the command has to wait
 * for that, once all its processes have gone.
 */
static _Noreturn void end_namespace(struct outcome *outcome, int done) {
  bool empty = done >= 0 && end_others();
  outcome->finished = 1;
  if (empty && write(done, "e", 1) != 1) _exit(EXIT_HELPER);
  _exit(0); /* and the kernel kills what is left in the namespace */
}

static _Noreturn void be_init(struct state *state, int go, struct outcome *outcome, const sigset_t *taken) {
  const struct options *options = state->options;
  before_failure = NULL;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  /* The parent holds the other end for life. If it died before that call, with its word or without, the end shows. */
  char word;
  struct pollfd other_end = {.fd = go};
  if (read(go, &word, 1) != 1 || poll(&other_end, 1, 0) != 0) _exit(EXIT_HELPER);
  close(go);
  confine_mounts(options);
  if (!options->network && !state->own_network) state->own_network = enter_own_network();
  drop_privileges();
  /* Nobody inside may look at this process: it still holds the status descriptor for a moment. */
  prctl(PR_SET_DUMPABLE, 0);

  pid_t command = start_command(state);
  int done = release_descriptors(outcome->done);
  outcome->wait_status = wait_for(command, -command, taken, NULL);
  let_finish(taken);
  end_namespace(outcome, done);
}

/* ── outside ── */

/* The end of a pipe that sends us SIGIO when it is written to; -1: there is none. */
static int open_alarm(void) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return -1;
  if (fcntl(ends[0], F_SETOWN, getpid()) == 0 && fcntl(ends[0], F_SETFL, O_ASYNC) == 0) return ends[1];
  close(ends[0]);
  close(ends[1]);
  return -1;
}

int supervise_namespace(const struct options *given) {
  struct options options = *given;
  sigset_t taken;
  block_signals(&taken);
  follow_parent(&options);
  keep_terminal(&options);
  prepare_placeholders(&options, given);
  struct outcome *outcome = mmap(NULL, sizeof *outcome, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int go[2];
  if (outcome == MAP_FAILED || pipe2(go, O_CLOEXEC) != 0) fail("supervise", "cannot prepare");

  struct state state = {.options = &options};
  if (!options.network && join_network(&options)) {
    state.own_network = true;
    follow_parent(&options); /* new credentials drop it */
  }
  outcome->done = on_end == NULL ? -1 : open_alarm();
  pid_t init = enter_namespaces();
  if (init == 0) {
    close(go[1]);
    be_init(&state, go[0], outcome, &taken);
  }
  if (init < 0) fail("namespaces", "cannot create user, mount, pid and ipc namespaces");
  close(go[0]);
  write_id_maps(init);
  if (write(go[1], "g", 1) != 1) fail("supervise", "cannot start");
  close(status_descriptor);
  for (int descriptor = 0; descriptor <= STDERR_FILENO; descriptor++) close(descriptor);

  awaited = outcome;
  int status = wait_for(init, init, &taken, NULL);
  awaited = NULL;
  if (status == STILL_ENDING) {
    on_end(outcome->wait_status);
    status = wait_for(init, init, &taken, NULL);
  }
  remove_placeholders();
  end_like(outcome->finished ? outcome->wait_status : status);
}

/* ── no namespace to end everything at once: what is left is looked up and killed ── */

static pid_t parent_of(const char *process) {
  char path[300], text[512];
  snprintf(path, sizeof path, "/proc/%s/stat", process);
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  ssize_t size = read(file, text, sizeof text - 1);
  close(file);
  if (size <= 0) return 0;
  text[size] = 0;
  const char *after_name = strrchr(text, ')');
  int parent = 0;
  if (after_name == NULL || sscanf(after_name + 1, " %*c %d", &parent) != 1) return 0;
  return parent;
}

/* As subreaper we inherit every orphan, so killing our children until none is left kills the whole tree. */
static void kill_children(void) {
  DIR *processes = opendir("/proc");
  if (processes == NULL) return;
  struct dirent *entry;
  while ((entry = readdir(processes)) != NULL) {
    if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && parent_of(entry->d_name) == getpid())
      kill((pid_t)strtol(entry->d_name, NULL, 10), SIGKILL);
  }
  closedir(processes);
}

static void sweep(const sigset_t *taken) {
  struct timespec started, now, patience = {.tv_nsec = 5000000};
  clock_gettime(CLOCK_MONOTONIC, &started);
  for (;;) {
    pid_t ended;
    while ((ended = waitpid(-1, NULL, WNOHANG)) > 0) continue;
    if (ended < 0 && errno == ECHILD) return;
    kill_children();
    take_signal(taken, &patience);
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (now.tv_sec - started.tv_sec >= 2) return; /* another user's process, which we may not kill */
  }
}

int supervise_tree(const struct options *options) {
  sigset_t taken;
  block_signals(&taken);
  follow_parent(options);
  keep_terminal(options);
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) fail("supervise", "cannot adopt orphans");
  struct state state = {.options = options};
  pid_t command = start_command(&state);
  close(status_descriptor);
  for (int descriptor = 0; descriptor <= STDERR_FILENO; descriptor++) close(descriptor);
  bool killed = false;
  int status = wait_for(command, -command, &taken, &killed);
  if (!killed) let_finish(&taken);
  sweep(&taken);
  end_like(killed ? SIGKILL : status);
}
