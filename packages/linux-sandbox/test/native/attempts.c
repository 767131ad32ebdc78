/*
 * attempts DIRECTORY NAME...: tries each named thing and prints `NAME ok`, or the number of the error. It refuses to
 * try anything unless it is confined, and what could do harm is aimed at DIRECTORY, a throw-away one.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *target;

static bool has_capabilities(void) {
  struct {
    uint32_t version;
    int pid;
  } header = {0x20080522, 0};
  struct {
    uint32_t effective, permitted, inheritable;
  } data[2] = {{0}};
  if (syscall(SYS_capget, &header, data) != 0) return true;
  return (data[0].effective | data[1].effective | data[0].permitted | data[1].permitted) != 0;
}

/* A helper without one layer: at least it is not the user namespace of whoever tests, whose file number is given. */
static bool is_elsewhere(void) {
  const char *outside = getenv("HOST_USER_NAMESPACE");
  struct stat ours;
  return outside != NULL && *outside != 0 && stat("/proc/self/ns/user", &ours) == 0 &&
         (unsigned long long)ours.st_ino != strtoull(outside, NULL, 10);
}

static bool is_confined(void) {
  if (is_elsewhere()) return true;
  return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 && prctl(PR_GET_SECCOMP) == 2 && !has_capabilities();
}

#define TRY(word, call)            \
  if (strcmp(name, (word)) == 0) { \
    errno = 0;                     \
    return (call) < 0 ? errno : 0; \
  }

static long clone_with(unsigned long flags) {
  long child = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
  if (child == 0) _exit(0);
  if (child > 0) waitpid((pid_t)child, NULL, 0);
  return child;
}

static long pair_of(int type) {
  int pair[2];
  char byte = 'x';
  if (socketpair(AF_UNIX, type, 0, pair) < 0) return -1;
  if (send(pair[0], &byte, 1, 0) != 1 || recvfrom(pair[1], &byte, 1, 0, NULL, NULL) != 1) return -1;
  return 0;
}

/* A child enters the kernel by the 32-bit door; 1000 and the signal that ended it. */
static long foreign_architecture(void) {
#if defined(__x86_64__)
  pid_t child = fork();
  if (child == 0) {
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(20L) : "memory");
    _exit(0);
  }
  int status;
  waitpid(child, &status, 0);
  errno = WIFSIGNALED(status) ? WTERMSIG(status) + 1000 : 0;
  return WIFSIGNALED(status) ? -1 : 0;
#else
  return errno = 1000 + SIGSYS, -1;
#endif
}

static long x32(void) {
#if defined(__x86_64__)
  return syscall(0x40000000 | SYS_getpid);
#else
  return errno = EPERM, -1;
#endif
}

static int try_process(const char *name) {
  uint64_t none[16] = {0};
  struct perf_event_attr event = {.type = PERF_TYPE_SOFTWARE, .size = sizeof event, .exclude_kernel = 1};
  struct iovec vector = {none, sizeof none};
  TRY("ptrace", ptrace(PTRACE_TRACEME, 0, 0, 0))
  TRY("process_vm_readv", process_vm_readv(getpid(), &vector, 1, &vector, 1, 0))
  TRY("process_vm_writev", process_vm_writev(getpid(), &vector, 1, &vector, 1, 0))
  TRY("pidfd_getfd", syscall(438, -1, 0, 0))
  TRY("kcmp", syscall(SYS_kcmp, getpid(), getpid(), 0, 0, 0))
  TRY("io_uring_setup", syscall(425, 4, none))
  TRY("io_uring_enter", syscall(426, -1, 0, 0, 0, 0, 0))
  TRY("io_uring_register", syscall(427, -1, 0, 0, 0))
  TRY("keyctl", syscall(SYS_keyctl, 0, -3, 1, 0, 0))
  TRY("add_key", syscall(SYS_add_key, "user", "x", "y", 1, -3))
  TRY("request_key", syscall(SYS_request_key, "user", "x", NULL, -3))
  TRY("bpf", syscall(SYS_bpf, 0, none, sizeof none))
  TRY("userfaultfd", syscall(SYS_userfaultfd, 1))
  TRY("perf_event_open", syscall(SYS_perf_event_open, &event, 0, -1, -1, 0))
  TRY("open_by_handle_at", syscall(SYS_open_by_handle_at, AT_FDCWD, none, 0))
  TRY("tiocsti", ioctl(0, 0x5412, "x"))
  TRY("tiocsti-high-bits", syscall(SYS_ioctl, 0, 0x100005412ul, "x"))
  TRY("tioclinux", ioctl(0, 0x541c, "x"))
  TRY("foreign-architecture", foreign_architecture())
  TRY("x32", x32())
  return 9999;
}

static int try_tree(const char *name) {
  uint64_t none[4] = {0};
  TRY("mount", mount("tmpfs", target, "tmpfs", 0, NULL))
  TRY("remount", mount(NULL, target, NULL, MS_REMOUNT | MS_BIND, NULL))
  TRY("bind", mount(target, target, NULL, MS_BIND, NULL))
  TRY("umount", umount2(target, MNT_DETACH))
  TRY("open_tree", syscall(428, AT_FDCWD, target, 1))
  TRY("move_mount", syscall(429, AT_FDCWD, target, AT_FDCWD, target, 0))
  TRY("fsopen", syscall(430, "tmpfs", 0))
  TRY("fsmount", syscall(432, -1, 0, 0))
  TRY("fspick", syscall(433, AT_FDCWD, target, 0))
  TRY("mount_setattr", syscall(442, AT_FDCWD, target, 0, none, sizeof none))
  TRY("pivot_root", syscall(SYS_pivot_root, target, target))
  TRY("chroot", chroot(target))
  TRY("fanotify_init", syscall(SYS_fanotify_init, 0, 0))
  TRY("quotactl", syscall(SYS_quotactl, 0x800001, NULL, 0, NULL))
  if (chdir(target) != 0) return 9998;
  TRY("mknod-block", mknod("device", S_IFBLK | 0600, 0))
  TRY("mknod-character", mknod("device", S_IFCHR | 0600, 0x103))
  return 9999;
}

static int try_namespace(const char *name) {
  uint64_t none[8] = {0};
  TRY("setns", syscall(SYS_setns, open("/proc/1/ns/mnt", O_RDONLY), 0))
  TRY("setns-own", syscall(SYS_setns, open("/proc/self/ns/user", O_RDONLY), 0))
  TRY("unshare-user", unshare(CLONE_NEWUSER))
  TRY("unshare-mount", unshare(CLONE_NEWNS))
  TRY("unshare-network", unshare(CLONE_NEWNET))
  TRY("unshare-time", unshare(0x80))
  TRY("unshare-files", unshare(CLONE_FILES))
  TRY("clone-user", clone_with(CLONE_NEWUSER))
  TRY("clone-pid", clone_with(CLONE_NEWPID))
  TRY("clone-plain", clone_with(0))
  TRY("clone3", syscall(435, none, sizeof none))
  return 9999;
}

static int try_socket(const char *name) {
  int pair[2];
  TRY("socket-unix", socket(AF_UNIX, SOCK_STREAM, 0))
  TRY("socket-inet", socket(AF_INET, SOCK_STREAM, 0))
  TRY("socket-inet6", socket(AF_INET6, SOCK_DGRAM, 0))
  TRY("socket-netlink-route", socket(AF_NETLINK, SOCK_RAW, 0))
  TRY("socket-netlink-audit", socket(AF_NETLINK, SOCK_RAW, 9))
  TRY("socket-packet", socket(AF_PACKET, SOCK_RAW, 0))
  TRY("socket-vsock", socket(AF_VSOCK, SOCK_STREAM, 0))
  TRY("socket-alg", socket(AF_ALG, SOCK_SEQPACKET, 0))
  TRY("socket-raw", socket(AF_INET, SOCK_RAW, 1))
  TRY("pair-stream", pair_of(SOCK_STREAM))
  TRY("pair-datagram", pair_of(SOCK_DGRAM))
  TRY("pair-inet", socketpair(AF_INET, SOCK_STREAM, 0, pair))
  return 9999;
}

static int attempt(const char *name) {
  int (*const groups[])(const char *) = {try_process, try_tree, try_namespace, try_socket};
  for (size_t index = 0; index < sizeof groups / sizeof *groups; index++) {
    int result = groups[index](name);
    if (result != 9999) return result;
  }
  return 9999;
}

int main(int count, char **words) {
  if (!is_confined()) {
    fputs("attempts: not confined (no_new_privs, seccomp and no capabilities are needed): nothing was tried\n", stderr);
    return 99;
  }
  target = count > 1 ? words[1] : "";
  if (strstr(target, "/codex-sandbox-test-") == NULL) {
    fputs("attempts: the first word must be a throw-away directory of the tests\n", stderr);
    return 99;
  }
  for (int index = 2; index < count; index++) {
    /* One process each: a success must not change what the next one meets. */
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
      int result = attempt(words[index]);
      printf(result == 0 ? "%s ok\n" : "%s %d\n", words[index], result);
      fflush(stdout);
      _exit(0);
    }
    waitpid(child, NULL, 0);
  }
  return 0;
}
