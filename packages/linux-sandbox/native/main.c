#include "helper.h"

/* Only the standard descriptors and ours go on; everything else the parent had open is not for the command. */
static void keep_descriptors(struct options *options) {
  if (options->status >= 0) {
    status_descriptor = 3;
    if (options->status != 3 && dup2(options->status, 3) < 0) fail("options", "the status descriptor is not open");
    if (fcntl(3, F_SETFD, FD_CLOEXEC) != 0) fail("options", "the status descriptor is not open");
  }
  close_from(status_descriptor < 0 ? 3 : 4);
}

int main(int argc, char **argv) {
  struct options options;
  parse_options(&options, argc, argv);
  keep_descriptors(&options);
  if (options.mode == MODE_PROBE) return print_probe();
  /* A closed standard descriptor would let the next file opened take its place. */
  for (int descriptor = 0; descriptor <= STDERR_FILENO; descriptor++)
    if (fcntl(descriptor, F_GETFD) < 0) open("/dev/null", O_RDWR);
  options.foreground = options.tty && tcgetpgrp(STDIN_FILENO) == getpgrp();
  if (options.mode == MODE_UNCONFINED || !options.namespaces) return supervise_tree(&options);
  return supervise_namespace(&options);
}
