/*
 * The network of a confined command: its own, or one that it shares with others of the same session under the same
 * policy, so that a server in one is reached by the next. Neither leads anywhere: a shared one differs in nothing but
 * who else is in it.
 */
#include "helper.h"

#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static void start_loopback(void) {
  int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return;
  struct ifreq request = {.ifr_name = "lo"};
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  if (ioctl(descriptor, SIOCSIFFLAGS, &request) != 0) fail("network", "cannot start the loopback interface");
  close(descriptor);
}

/* False: none can be had, and the system call filter must refuse every network family instead. */
bool enter_own_network(void) {
  if (WITHOUT == LAYER_NETWORK) return true;
  if (unshare(CLONE_NEWNET) != 0) return false;
  start_loopback();
  return true;
}

static bool write_own_file(const char *path, const char *text) {
  int file = open(path, O_WRONLY | O_CLOEXEC);
  bool written = file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text);
  if (file >= 0) close(file);
  return written;
}

/* Only the own id is mapped; who has more to map keeps a network for each command. */
static bool enter_mapped_network(void) {
  uid_t uid = geteuid();
  gid_t gid = getegid();
  char users[32], groups[32];
  snprintf(users, sizeof users, "%u %u 1\n", uid, uid);
  snprintf(groups, sizeof groups, "%u %u 1\n", gid, gid);
  if (has_id_capabilities() || unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return false;
  return write_own_file("/proc/self/setgroups", "deny") && write_own_file("/proc/self/uid_map", users) &&
         write_own_file("/proc/self/gid_map", groups);
}

/* Makes both namespaces, says which (`n`, `u`), and stays until they are held. */
static _Noreturn void make_namespaces(int said, int held) {
  char word = unshare(CLONE_NEWNET) == 0 ? 'n' : enter_mapped_network() ? 'u' : 0;
  if (word == 0) _exit(1);
  start_loopback();
  if (write(said, &word, 1) == 1 && read(held, &word, 1) < 0) _exit(1);
  _exit(0);
}

static int open_namespace(pid_t process, const char *name) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/ns/%s", (int)process, name);
  return open(path, O_RDONLY | O_CLOEXEC);
}

/* Two descriptors keep the namespaces alive, and no process is needed in them. False: they cannot be had. */
bool hold_network(struct network *network) {
  int said[2], held[2];
  if (WITHOUT == LAYER_NETWORK || pipe2(said, O_CLOEXEC) != 0) return false;
  if (pipe2(held, O_CLOEXEC) != 0) return close(said[0]), close(said[1]), false;
  pid_t maker = fork();
  if (maker == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close(held[1]);
    make_namespaces(said[1], held[0]);
  }
  close(said[1]);
  close(held[0]);
  char word = 0;
  bool made = maker > 0 && read(said[0], &word, 1) == 1;
  *network = (struct network){.user = -1, .net = -1};
  if (made) network->net = open_namespace(maker, "net");
  if (made && word == 'u') network->user = open_namespace(maker, "user");
  close(said[0]);
  close(held[1]);
  if (maker > 0) waitpid(maker, NULL, 0);
  bool all = network->net >= 0 && (word == 'n' || network->user >= 0);
  if (!all && network->net >= 0) close(network->net);
  return all;
}

static int open_held(const struct options *options, int descriptor) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)options->holder, descriptor);
  return open(path, O_RDONLY | O_CLOEXEC);
}

/*
 * True only in a network that is surely not the one we came from: the descriptors are named by numbers of another
 * process, which might have been replaced. The user namespace that owns the network must be entered first; the
 * command's own is then made inside it, and gives no rights over the network.
 */
bool join_network(const struct options *options) {
  if (options->holder == 0 || WITHOUT == LAYER_NETWORK) return false;
  struct stat before, after;
  int user = options->held.user < 0 ? -1 : open_held(options, options->held.user);
  int net = open_held(options, options->held.net);
  bool found = net >= 0 && (options->held.user < 0 || user >= 0) && stat("/proc/self/ns/net", &before) == 0;
  if (found && user >= 0) found = setns(user, CLONE_NEWUSER) == 0;
  bool joined = found && setns(net, CLONE_NEWNET) == 0;
  if (user >= 0) close(user);
  if (net >= 0) close(net);
  if (!joined) return false;
  errno = ESTALE;
  if (stat("/proc/self/ns/net", &after) != 0 || (before.st_ino == after.st_ino && before.st_dev == after.st_dev))
    fail("network", "the network to be shared is the caller's own");
  return true;
}
