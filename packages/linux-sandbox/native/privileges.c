/* Nothing inside may ever gain or use a capability, whatever its uid and whatever it executes. */
#include "helper.h"

/* linux/securebits.h: NOROOT, NO_SETUID_FIXUP, KEEP_CAPS off, NO_CAP_AMBIENT_RAISE, each locked. */
#define LOCKED_BITS (0x1 | 0x2 | 0x4 | 0x8 | 0x20 | 0x40 | 0x80)

void drop_privileges(void) {
  if (WITHOUT == LAYER_PRIVILEGES) return;
  /* Without the capability for these two there is nothing to drop; the check below holds in every case. */
  if (prctl(PR_SET_SECUREBITS, LOCKED_BITS) == 0) {
    for (unsigned long capability = 0; capability < 64; capability++) prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  }
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  struct {
    uint32_t version;
    int pid;
  } header = {0x20080522, 0};
  struct {
    uint32_t effective, permitted, inheritable;
  } data[2] = {{0}};
  if (syscall(SYS_capset, &header, data) != 0) fail("privileges", "cannot drop capabilities");
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail("privileges", "cannot set no_new_privs");
  if (syscall(SYS_capget, &header, data) != 0 || (data[0].permitted | data[1].permitted) != 0) {
    errno = EPERM;
    fail("privileges", "capabilities remain");
  }
}
