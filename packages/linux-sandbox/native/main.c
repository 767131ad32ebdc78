#include "helper.h"

#include <sys/resource.h>

static struct rlimit original_files;

/* Each root and each protected path costs a descriptor while it is set up; the command gets its own limit back. */
static void widen_limits(void) {
  if (getrlimit(RLIMIT_NOFILE, &original_files) != 0) fail("options", "cannot read the limit of descriptors");
  struct rlimit wide = original_files;
  wide.rlim_cur = wide.rlim_max < MOST_DESCRIPTORS ? wide.rlim_max : MOST_DESCRIPTORS;
  if (wide.rlim_cur > original_files.rlim_cur) setrlimit(RLIMIT_NOFILE, &wide);
}

void restore_limits(void) {
  setrlimit(RLIMIT_NOFILE, &original_files);
}

/* Only the standard descriptors and ours go on; everything else the parent had open is not for the command. */
static void keep_descriptors(struct options *options) {
  if (options->status >= 0) {
    status_descriptor = 3;
    if (options->status != 3 && dup2(options->status, 3) < 0) fail("options", "the status descriptor is not open");
    if (fcntl(3, F_SETFD, FD_CLOEXEC) != 0) fail("options", "the status descriptor is not open");
  }
  if (WITHOUT != LAYER_DESCRIPTORS) close_from(status_descriptor < 0 ? 3 : 4);
}

/*
 * The directory is always entered again inside: the inherited one is a handle on the tree as it was outside, below
 * any cover that is put on it later.
 */
static void set_directory(struct options *options) {
  if (options->mode == MODE_FILES) options->cwd = "/";
  if (options->cwd == NULL) options->cwd = getcwd(NULL, 0);
  if (options->cwd == NULL) options->cwd = "/";
}

static int run(struct options *options) {
  /* A closed standard descriptor would let the next file opened take its place. */
  for (int descriptor = 0; descriptor <= STDERR_FILENO; descriptor++)
    if (fcntl(descriptor, F_GETFD) < 0 && open("/dev/null", O_RDWR) != descriptor)
      fail("options", "cannot open /dev/null");
  widen_limits();
  set_directory(options);
  options->foreground = options->tty && tcgetpgrp(STDIN_FILENO) == getpgrp();
  if (options->mode == MODE_UNCONFINED || !options->namespaces) return supervise_tree(options);
  return supervise_namespace(options);
}

/* A fork of the server in the place of a helper of its own. */
int run_command(int argc, char **argv, pid_t server) {
  struct options options;
  parse_options(&options, argc, argv);
  errno = EINVAL;
  if (options.mode == MODE_PROBE || options.mode == MODE_SERVE || options.status >= 0 || options.tty)
    fail("options", "not possible in a server");
  options.parent = server;
  return run(&options);
}

int main(int argc, char **argv) {
  struct options options;
  parse_options(&options, argc, argv);
  keep_descriptors(&options);
  if (options.mode == MODE_PROBE) return print_probe();
  if (options.mode == MODE_SERVE) return serve_commands(&options);
  return run(&options);
}
