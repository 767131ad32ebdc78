/* System calls that no confined command needs and that reach around the other layers (exec.md §4.5). */
#include "helper.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/socket.h>

#if defined(__x86_64__)
#define OUR_ARCHITECTURE AUDIT_ARCH_X86_64
#else
#define OUR_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#define NEW_NAMESPACES 0x7e020000u /* CLONE_NEW{NS,CGROUP,UTS,IPC,USER,PID,NET} */
#define NEW_TIME_NAMESPACE 0x80u   /* for unshare; for clone these bits are the exit signal */
#define TTY_PUSH_INPUT 0x5412u     /* TIOCSTI */
#define TTY_CONSOLE_CONTROL 0x541cu

static const int REFUSED[] = {
    /* other processes */
    SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, NR_PIDFD_GETFD, SYS_kcmp,
    /* calls made by the kernel on our behalf, past this filter */
    425, 426, 427, /* io_uring_setup, io_uring_enter, io_uring_register */
    /* keys, programs and faults inside the kernel */
    SYS_keyctl, SYS_add_key, SYS_request_key, SYS_bpf, SYS_userfaultfd, SYS_perf_event_open,
    /* mounts and namespaces */
    SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_setns, NR_OPEN_TREE, NR_OPEN_TREE_ATTR, NR_MOVE_MOUNT,
    NR_FSOPEN, NR_FSCONFIG, NR_FSMOUNT, NR_FSPICK, NR_MOUNT_SETATTR, SYS_open_by_handle_at, SYS_fanotify_init,
    SYS_quotactl, NR_QUOTACTL_FD,
    /* the machine */
    SYS_kexec_load, SYS_kexec_file_load, SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_reboot, SYS_swapon,
    SYS_swapoff, SYS_acct, SYS_settimeofday, SYS_clock_settime, SYS_sethostname, SYS_setdomainname, SYS_syslog,
    SYS_vhangup,
#if defined(__x86_64__)
    SYS_iopl, SYS_ioperm, SYS_modify_ldt,
#endif
};

/* Landlock does not know these; without mounts and without a writable root they are refused altogether. */
static const int METADATA[] = {
    SYS_fchmod, SYS_fchmodat, NR_FCHMODAT2, SYS_fchown, SYS_fchownat, SYS_utimensat, SYS_setxattr, SYS_lsetxattr,
    SYS_fsetxattr, SYS_removexattr, SYS_lremovexattr, SYS_fremovexattr, NR_SETXATTRAT, NR_REMOVEXATTRAT,
    NR_FILE_SETATTR,
#if defined(__x86_64__)
    SYS_chmod, SYS_chown, SYS_lchown, SYS_utime, SYS_utimes, SYS_futimesat,
#endif
};

enum { ROOM = 512 };
static struct sock_filter program[ROOM];
static unsigned short used;

static void add(uint16_t code, uint32_t value, uint8_t if_true, uint8_t if_false) {
  if (used == ROOM) fail("seccomp", "the filter is too long");
  program[used++] = (struct sock_filter){code, if_true, if_false, value};
}

#define LOAD(field) add(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, field), 0, 0)
#define LOAD_ARGUMENT(index) LOAD(args[index]) /* little-endian: the low half, which is all these calls look at */
#define ANSWER(action) add(BPF_RET | BPF_K, (action), 0, 0)
#define ALLOW SECCOMP_RET_ALLOW
#define REFUSE (SECCOMP_RET_ERRNO | EPERM)
#define SKIP_UNLESS_EQUAL(value, count) add(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (count))
#define SKIP_UNLESS_ANY(bits, count) add(BPF_JMP | BPF_JSET | BPF_K, (bits), 0, (count))

static void refuse_all(const int *calls, size_t count) {
  for (size_t index = 0; index < count; index++) {
    SKIP_UNLESS_EQUAL((uint32_t)calls[index], 1);
    ANSWER(REFUSE);
  }
}

static bool has_writable_root(const struct options *options) {
  for (size_t index = 0; index < options->rule_count; index++)
    if (options->rules[index].access == ACCESS_WRITE) return true;
  return false;
}

static void check_architecture(void) {
  LOAD(arch);
  add(BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCHITECTURE, 1, 0);
  ANSWER(SECCOMP_RET_KILL_PROCESS);
  LOAD(nr);
#if defined(__x86_64__)
  add(BPF_JMP | BPF_JGE | BPF_K, 0x40000000u, 0, 1); /* the x32 table: same calls under other numbers */
  ANSWER(REFUSE);
#endif
}

static void check_namespaces(void) {
  SKIP_UNLESS_EQUAL(SYS_clone, 4);
  LOAD_ARGUMENT(0);
  SKIP_UNLESS_ANY(NEW_NAMESPACES, 1);
  ANSWER(REFUSE);
  ANSWER(ALLOW);
  SKIP_UNLESS_EQUAL(SYS_unshare, 4);
  LOAD_ARGUMENT(0);
  SKIP_UNLESS_ANY(NEW_NAMESPACES | NEW_TIME_NAMESPACE, 1);
  ANSWER(REFUSE);
  ANSWER(ALLOW);
  /* Its flags are in memory that a filter cannot read; without it the C library uses clone. */
  SKIP_UNLESS_EQUAL(NR_CLONE3, 1);
  ANSWER(SECCOMP_RET_ERRNO | ENOSYS);
}

static void check_terminal(void) {
  SKIP_UNLESS_EQUAL(SYS_ioctl, 5);
  LOAD_ARGUMENT(1);
  add(BPF_JMP | BPF_JEQ | BPF_K, TTY_PUSH_INPUT, 1, 0);
  SKIP_UNLESS_EQUAL(TTY_CONSOLE_CONTROL, 1);
  ANSWER(REFUSE);
  ANSWER(ALLOW);
}

static void check_family(uint32_t family) {
  SKIP_UNLESS_EQUAL(family, 1);
  ANSWER(ALLOW);
}

/*
 * Sockets of families nobody expects are refused always. Unix sockets cross network namespaces by their path
 * (docker.sock), so they go with the network; a pair has no path and stays.
 */
static void check_sockets(const struct state *state) {
  bool internet = state->options->network || state->own_network;
  unsigned short start = used;
  SKIP_UNLESS_EQUAL(SYS_socket, 0); /* patched below */
  LOAD_ARGUMENT(0);
  if (state->options->network) check_family(AF_UNIX);
  if (internet) {
    check_family(AF_INET);
    check_family(AF_INET6);
    SKIP_UNLESS_EQUAL(AF_NETLINK, 3);
    LOAD_ARGUMENT(2);
    SKIP_UNLESS_EQUAL(0, 1); /* NETLINK_ROUTE, which getaddrinfo asks for addresses */
    ANSWER(ALLOW);
  }
  ANSWER(REFUSE);
  program[start].jf = (uint8_t)(used - start - 1);

  SKIP_UNLESS_EQUAL(SYS_socketpair, 4);
  LOAD_ARGUMENT(0);
  SKIP_UNLESS_EQUAL(AF_UNIX, 1);
  ANSWER(ALLOW);
  ANSWER(REFUSE);
}

void confine_syscalls(const struct state *state) {
  if (WITHOUT == LAYER_SECCOMP) return;
  check_architecture();
  refuse_all(REFUSED, sizeof REFUSED / sizeof *REFUSED);
  if (!state->options->namespaces && !has_writable_root(state->options))
    refuse_all(METADATA, sizeof METADATA / sizeof *METADATA);
  check_namespaces();
  check_terminal();
  check_sockets(state);
  ANSWER(ALLOW);
  struct sock_fprog filter = {.len = used, .filter = program};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
    fail("seccomp", "cannot install the system call filter");
}
