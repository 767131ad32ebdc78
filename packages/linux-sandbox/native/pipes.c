/*
 * Real pipes in place of the sockets that Node calls pipes: only a pipe can be opened again by its name in /proc, as
 * `tee /dev/stderr` does. Our parent opens its ends by their numbers in this process, then answers with one byte.
 */
#include "helper.h"

enum { READ, WRITE };

static void make(int ends[2]) {
  if (pipe2(ends, O_CLOEXEC) != 0) fail("options", "cannot create a pipe");
}

static void take_or_drop(int ends[2], int which, int standard, bool taken) {
  if (taken && dup2(ends[which], standard) < 0) fail("options", "cannot use a pipe");
  close(ends[READ]);
  close(ends[WRITE]);
}

static bool is_socket(int descriptor) {
  struct stat facts;
  return fstat(descriptor, &facts) == 0 && S_ISSOCK(facts.st_mode);
}

/* Anything but `y` keeps the standard descriptors as they are; a parent that has gone ends us. */
void exchange_pipes(void) {
  int input[2], output[2], errors[2];
  bool has_input = is_socket(STDIN_FILENO);
  make(output);
  make(errors);
  if (has_input) make(input);
  char third[16] = "";
  if (has_input) snprintf(third, sizeof third, " %d", input[WRITE]);
  dprintf(status_descriptor, "pipes %d %d%s\n", output[READ], errors[READ], third);

  char answer;
  ssize_t size;
  do size = read(status_descriptor, &answer, 1);
  while (size < 0 && errno == EINTR);
  if (size != 1) _exit(EXIT_HELPER);
  bool taken = answer == 'y';
  take_or_drop(output, WRITE, STDOUT_FILENO, taken);
  take_or_drop(errors, WRITE, STDERR_FILENO, taken);
  if (has_input) take_or_drop(input, READ, STDIN_FILENO, taken);
}
