/* The last stage, in the process that becomes the command: layers that bind it alone, then execution. */
#include "helper.h"

/* The file that a name means, where it may be accessed like that; false: there is none. */
static bool find_program(const char *name, int access_mode, char *path, size_t room) {
  const char *folders = getenv("PATH");
  if (strchr(name, '/') != NULL || folders == NULL) return (size_t)snprintf(path, room, "%s", name) < room;
  for (const char *folder = folders;; folder++) {
    size_t size = strcspn(folder, ":");
    int length = snprintf(path, room, "%.*s/%s", (int)size, folder, name);
    if (length > 0 && (size_t)length < room && access(path, access_mode) == 0) return true;
    folder += size;
    if (*folder == 0) return false;
  }
}

/* A script that names no interpreter is the shell's. Not every C library does that. */
static void try_shell(char **command) {
  char path[4096];
  size_t count = 0;
  while (command[count] != NULL) count++;
  char **words = calloc(count + 2, sizeof *words);
  if (words == NULL || !find_program(command[0], X_OK, path, sizeof path)) return;
  words[0] = "/bin/sh";
  words[1] = path;
  for (size_t at = 1; at < count; at++) words[at + 1] = command[at];
  execv(words[0], words);
}

_Noreturn void become_command(struct state *state) {
  const struct options *options = state->options;
  if (chdir(options->cwd) != 0) fail_start(EXIT_NOT_FOUND, "working directory", options->cwd);
  if (options->mode != MODE_UNCONFINED) {
    if (!options->namespaces) drop_privileges();
    confine_landlock(state);
    confine_syscalls(state);
  }
  restore_limits();
  if (options->mode == MODE_FILES) {
    close_from(3);
    serve_files();
  }
  if (WITHOUT != LAYER_DESCRIPTORS) close_from(status_descriptor < 0 ? 3 : 4); /* all are close-on-exec */
  execvp(options->command[0], options->command);
  if (errno == ENOEXEC) try_shell(options->command);
  /* A folder of $PATH that is closed to us makes execvp say EACCES even where no folder has such a program. */
  char path[4096];
  if (errno == EACCES && !find_program(options->command[0], F_OK, path, sizeof path)) errno = ENOENT;
  bool missing = errno == ENOENT || errno == ENOTDIR;
  fail_start(missing ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE, "cannot execute", options->command[0]);
}
