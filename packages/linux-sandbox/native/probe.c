/* What this kernel lets us have, found by doing it: one JSON line on stdout. */
#include "helper.h"

enum { ANSWER_ROOM = 4096 };

/* Runs in the would-be sandbox: reports like a failed start, or says nothing. */
static _Noreturn void try_namespaces(bool with_network) {
  struct options options = {.namespaces = true};
  int go[2];
  if (pipe2(go, O_CLOEXEC) != 0) fail("supervise", "cannot prepare");
  pid_t init = enter_namespaces();
  if (init < 0) fail("namespaces", "cannot create user, mount, pid and ipc namespaces");
  if (init == 0) {
    char word;
    if (read(go[0], &word, 1) != 1) _exit(1);
    if (with_network && !enter_own_network()) fail("network", "cannot create a network namespace");
    confine_mounts(&options);
    drop_privileges();
    _exit(0);
  }
  write_id_maps(init);
  if (write(go[1], "g", 1) != 1) fail("supervise", "cannot start");
  int status;
  errno = ECHILD;
  bool ended = waitpid(init, &status, 0) == init && WIFEXITED(status);
  bool told = ended && WEXITSTATUS(status) == EXIT_HELPER;
  if (!told && (!ended || WEXITSTATUS(status) != 0)) fail("namespaces", "the attempt ended without an answer");
  _exit(0);
}

static _Noreturn void try_seccomp(void) {
  struct options options = {.namespaces = false};
  struct state state = {.options = &options};
  confine_syscalls(&state);
  _exit(0);
}

/* Prints the failure's line, or null. */
static void print_attempt(const char *name, void (*attempt)(void)) {
  int channel[2];
  char answer[ANSWER_ROOM];
  size_t used = 0;
  if (pipe2(channel, O_CLOEXEC) != 0) fail("probe", "cannot make a pipe");
  pid_t child = fork();
  if (child < 0) fail("probe", "cannot fork");
  if (child == 0) {
    close(channel[0]);
    status_descriptor = channel[1];
    attempt();
    _exit(0);
  }
  close(channel[1]);
  for (ssize_t got; used < sizeof answer - 1 && (got = read(channel[0], answer + used, sizeof answer - 1 - used)) > 0;)
    used += (size_t)got;
  close(channel[0]);
  waitpid(child, NULL, 0);
  answer[used] = 0;
  answer[strcspn(answer, "\n")] = 0;
  printf(",\"%s\":%s", name, used == 0 ? "null" : answer);
}

static void attempt_namespaces(void) {
  try_namespaces(false);
}

static void attempt_network(void) {
  try_namespaces(true);
}

static void attempt_seccomp(void) {
  try_seccomp();
}

int print_probe(void) {
  printf("{\"landlock\":%d", landlock_abi());
  fflush(stdout);
  print_attempt("seccomp", attempt_seccomp);
  fflush(stdout);
  print_attempt("namespaces", attempt_namespaces);
  fflush(stdout);
  print_attempt("network", attempt_network);
  puts("}");
  return 0;
}
