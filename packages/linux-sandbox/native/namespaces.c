/* New user, mount, pid and ipc namespaces for the child; the network is apart (network.c). */
#include "helper.h"

/* A fork into new namespaces: one child that is pid 1 inside. Returns like fork. */
pid_t enter_namespaces(void) {
  unsigned long flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | SIGCHLD;
  if (WITHOUT == LAYER_PROCESSES) flags &= ~(unsigned long)CLONE_NEWPID;
  return (pid_t)syscall(SYS_clone, flags, 0, 0, 0, 0);
}

static void write_process_file(pid_t child, const char *name, const char *text) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/%s", (int)child, name);
  int descriptor = open(path, O_WRONLY | O_CLOEXEC);
  if (descriptor < 0 || write(descriptor, text, strlen(text)) < 0) fail("namespaces", "cannot write %s", path);
  close(descriptor);
}

/* Every id that exists here, mapped to itself, so that files keep their owners. Needs privilege. */
static bool identity_map(const char *path, char *text, size_t size) {
  FILE *file = fopen(path, "re");
  if (file == NULL) return false;
  unsigned inside, outside, count;
  size_t used = 0;
  while (used + 64 < size && fscanf(file, "%u %u %u", &inside, &outside, &count) == 3)
    used += (size_t)snprintf(text + used, size - used, "%u %u %u\n", inside, inside, count);
  fclose(file);
  return used > 0;
}

bool has_id_capabilities(void) {
  struct {
    uint32_t version;
    int pid;
  } header = {0x20080522, 0};
  struct {
    uint32_t effective, permitted, inheritable;
  } data[2] = {{0}};
  if (syscall(SYS_capget, &header, data) != 0) return false;
  uint32_t both = 1u << 6 | 1u << 7; /* CAP_SETGID, CAP_SETUID */
  return (data[0].effective & both) == both;
}

void write_id_maps(pid_t child) {
  char text[4096];
  if (has_id_capabilities() && identity_map("/proc/self/uid_map", text, sizeof text)) {
    write_process_file(child, "uid_map", text);
    if (!identity_map("/proc/self/gid_map", text, sizeof text)) fail("namespaces", "cannot read /proc/self/gid_map");
    write_process_file(child, "gid_map", text);
    return;
  }
  write_process_file(child, "setgroups", "deny");
  snprintf(text, sizeof text, "%u %u 1\n", geteuid(), geteuid());
  write_process_file(child, "uid_map", text);
  snprintf(text, sizeof text, "%u %u 1\n", getegid(), getegid());
  write_process_file(child, "gid_map", text);
}
