/* The stages of the helper. Each is one file; main.c puts them in order. */
#ifndef CODEX_HELPER_H
#define CODEX_HELPER_H

#include "system.h"

enum mode { MODE_RUN, MODE_FILES, MODE_UNCONFINED, MODE_SERVE, MODE_PROBE };
enum access { ACCESS_WRITE, ACCESS_READ_ONLY, ACCESS_DENIED };

enum { MOST_DESCRIPTORS = 1 << 16 };

struct rule {
  enum access access;
  char *path; /* absolute, canonical */
};

/* Descriptors of namespaces. */
struct network {
  int user; /* who owns the other, or -1: we may enter it as we are */
  int net;
};

struct options {
  enum mode mode;
  bool tty;
  bool foreground; /* with a terminal: it is ours to give to the command */
  bool network;    /* the host's network is reachable */
  bool namespaces; /* off: Landlock and seccomp only */
  int status;      /* descriptor for the one line about a failed start, or -1 */
  pid_t parent;    /* who must be alive, or 0 */
  pid_t holder;    /* whose descriptors `held` are, or 0: no shared network */
  struct network held;
  const char *cwd; /* entered inside */
  struct rule *rules;
  size_t rule_count;
  char **command;
};

/* Tests compile a helper without one layer each, to see what nothing else stops (`-DWITHOUT=...`). Never shipped. */
enum layer {
  LAYER_NONE,
  LAYER_MOUNTS,
  LAYER_LANDLOCK,
  LAYER_SECCOMP,
  LAYER_NETWORK,
  LAYER_PROCESSES,
  LAYER_PRIVILEGES,
  LAYER_DESCRIPTORS
};
#ifndef WITHOUT
#define WITHOUT LAYER_NONE
#endif

/* Set between stages of one process. */
struct state {
  const struct options *options;
  bool own_network; /* a private network namespace with loopback holds */
  int landlock;     /* ABI, 0: none */
};

/* main.c */
void restore_limits(void);
int run_command(int argc, char **argv, pid_t server);

/* serve.c */
int serve_commands(const struct options *options);

/* network.c */
bool enter_own_network(void);
bool hold_network(struct network *network);
bool join_network(const struct options *options);

/* report.c */
extern int status_descriptor;
extern char *report_page; /* takes the line instead of the descriptor, or NULL */
extern size_t report_room;
extern void (*before_failure)(void); /* undoes what outlives this process */
enum { EXIT_HELPER = 125, EXIT_NOT_EXECUTABLE = 126, EXIT_NOT_FOUND = 127 };
_Noreturn void fail(const char *stage, const char *format, ...) __attribute__((format(printf, 2, 3)));
_Noreturn void fail_start(int code, const char *what, const char *path);
size_t json_escape(char *target, size_t size, const char *text);
const char *error_name(int error);

/* options.c */
void parse_options(struct options *options, int argc, char **argv);

/* namespaces.c */
pid_t enter_namespaces(void);
void write_id_maps(pid_t child);
bool has_id_capabilities(void);

/* placeholders.c */
extern int alive_descriptor; /* closed by the last of us who needs the placeholders, or -1 */
void prepare_placeholders(struct options *options, const struct options *given);
void remove_placeholders(void);

/* mounts.c */
void confine_mounts(const struct options *options);

/* landlock.c */
int landlock_abi(void);
void confine_landlock(struct state *state);

/* seccomp.c */
void confine_syscalls(const struct state *state);

/* privileges.c */
void drop_privileges(void);

/* supervise.c */
extern void (*on_end)(int wait_status); /* all processes of a command have gone, its namespaces not yet; or NULL */
int supervise_namespace(const struct options *options);
int supervise_tree(const struct options *options);

/* command.c */
_Noreturn void become_command(struct state *state);

/* files.c */
_Noreturn void serve_files(void);

/* write.c */
int replace_file(const char *path, const unsigned char *data, size_t size, const char **culprit);
int move_file(const char *from, const char *to, const char **culprit);

/* probe.c */
int print_probe(void);

#endif
