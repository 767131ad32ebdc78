/* Kernel interfaces that the headers of older distributions lack. Numbers are the kernel's own (uapi). */
#ifndef CODEX_SYSTEM_H
#define CODEX_SYSTEM_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#if !defined(__x86_64__) && !defined(__aarch64__)
#error "the sandbox helper is written for x86-64 and arm64"
#endif

/* From number 424 on, every architecture shares one table. */
#define NR_OPEN_TREE 428
#define NR_MOVE_MOUNT 429
#define NR_FSOPEN 430
#define NR_FSCONFIG 431
#define NR_FSMOUNT 432
#define NR_FSPICK 433
#define NR_PIDFD_OPEN 434
#define NR_CLONE3 435
#define NR_CLOSE_RANGE 436
#define NR_OPENAT2 437
#define NR_PIDFD_GETFD 438
#define NR_MOUNT_SETATTR 442
#define NR_QUOTACTL_FD 443
#define NR_LANDLOCK_CREATE_RULESET 444
#define NR_LANDLOCK_ADD_RULE 445
#define NR_LANDLOCK_RESTRICT_SELF 446
#define NR_FCHMODAT2 452
#define NR_SETXATTRAT 463
#define NR_REMOVEXATTRAT 466
#define NR_OPEN_TREE_ATTR 467
#define NR_FILE_SETATTR 469

#define TREE_CLONE 1u
#define TREE_RECURSIVE 0x8000u
#define TREE_SOURCE_EMPTY_PATH 0x04u
#define TREE_TARGET_EMPTY_PATH 0x40u
#define TREE_READ_ONLY 0x01ull
#define TREE_NO_SUID 0x02ull
#define TREE_NO_DEVICES 0x04ull
#define TREE_NO_EXEC 0x08ull
#define RESOLVE_WITHOUT_SYMLINKS 0x04ull
#define CONFIGURE_SET_STRING 1u
#define CONFIGURE_CREATE 6u

struct tree_attributes {
  uint64_t set, clear, propagation, user_namespace;
};

struct open_how_v0 {
  uint64_t flags, mode, resolve;
};

static inline int open_tree_clone(int directory, const char *path, unsigned extra) {
  return (int)syscall(NR_OPEN_TREE, directory, path, TREE_CLONE | TREE_RECURSIVE | O_CLOEXEC | extra);
}

static inline int attach_tree(int tree, int target) {
  return (int)syscall(NR_MOVE_MOUNT, tree, "", target, "", TREE_SOURCE_EMPTY_PATH | TREE_TARGET_EMPTY_PATH);
}

static inline int set_tree(int directory, const char *path, unsigned flags, uint64_t set) {
  struct tree_attributes attributes = {.set = set};
  return (int)syscall(NR_MOUNT_SETATTR, directory, path, flags, &attributes, sizeof attributes);
}

/* Opens exactly this path: a symbolic link on the way is ELOOP, a final one is opened itself. */
static inline int open_exact(const char *path, int flags) {
  struct open_how_v0 how = {.flags = (uint64_t)(flags | O_CLOEXEC | O_NOFOLLOW), .resolve = RESOLVE_WITHOUT_SYMLINKS};
  return (int)syscall(NR_OPENAT2, AT_FDCWD, path, &how, sizeof how);
}

static inline int open_process(pid_t pid) {
  return (int)syscall(NR_PIDFD_OPEN, pid, 0);
}

static inline void close_from(unsigned first) {
  if (syscall(NR_CLOSE_RANGE, first, ~0u, 0) == 0) return;
  long limit = sysconf(_SC_OPEN_MAX);
  for (long descriptor = first; descriptor < limit; descriptor++) close((int)descriptor);
}

#endif
