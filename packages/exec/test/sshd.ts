import { execFileSync, spawn } from "node:child_process";
import { accessSync, constants, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { firstMatch } from "./support.js";

const SSHD = "/usr/sbin/sshd";

export type SshServer = AsyncDisposable & {
  /** The ssh command that reaches it as the host `box`, and one that does not know its host key. */
  readonly client: readonly string[];
  readonly folder: string;
  readonly port: number;
  /** Makes the server end as a pulled plug would: its connections too. */
  kill(): void;
};

/** Why there can be no server here. */
export function withoutSshd(): string | undefined {
  try {
    for (const program of [SSHD, "/usr/bin/ssh", "/usr/bin/ssh-keygen"]) accessSync(program, constants.X_OK);
    return undefined;
  } catch {
    return "there is no sshd here (apt-get install openssh-server)";
  }
}

/** A real sshd on loopback with keys of its own, as a process of the test. */
export async function startSshd(): Promise<SshServer> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "codex-sshd-")));
  for (const name of ["host", "user"]) {
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(folder, name)]);
  }
  const port = await freePort();
  const write = (name: string, lines: readonly string[]): string => {
    writeFileSync(join(folder, name), `${lines.join("\n")}\n`, { mode: 0o600 });
    return join(folder, name);
  };
  // where sshd puts its unprivileged half; a system without an init may not have made it
  if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  const config = write("sshd_config", [
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    `HostKey ${join(folder, "host")}`,
    `AuthorizedKeysFile ${join(folder, "user.pub")}`,
    "StrictModes no",
    "UsePAM no",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "PermitRootLogin prohibit-password",
    "PidFile none",
    "MaxSessions 50",
    "PrintMotd no",
    // the start-up files of the account that runs the tests may take long; bash skips them in a nested shell
    `SetEnv SHLVL=1 TMPDIR=${folder}`,
  ]);
  const child = spawn(SSHD, ["-D", "-e", "-f", config], { stdio: ["ignore", "ignore", "pipe"], detached: true });
  const { stderr } = child;
  await firstMatch(stderr, /Server listening/);
  const key = execFileSync("cut", ["-d", " ", "-f", "1,2", join(folder, "host.pub")])
    .toString()
    .trim();
  write("known_hosts", [`[127.0.0.1]:${port} ${key}`]);
  const client_config = write("ssh_config", [
    "Host box",
    "  HostName 127.0.0.1",
    `  Port ${port}`,
    `  User ${userInfo().username}`,
    `  IdentityFile ${join(folder, "user")}`,
    "  IdentitiesOnly yes",
    `  UserKnownHostsFile ${join(folder, "known_hosts")}`,
    "  GlobalKnownHostsFile /dev/null",
    "Host stranger",
    "  HostName 127.0.0.1",
    `  Port ${port}`,
    "  UserKnownHostsFile /dev/null",
    "  GlobalKnownHostsFile /dev/null",
    "Host locked",
    "  HostName 127.0.0.1",
    `  Port ${port}`,
    "  IdentityFile /dev/null",
    "  IdentitiesOnly yes",
    `  UserKnownHostsFile ${join(folder, "known_hosts")}`,
    "  GlobalKnownHostsFile /dev/null",
    "Host nobody",
    "  HostName 127.0.0.1",
    "  Port 1",
  ]);
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return {
    client: ["ssh", "-F", client_config],
    folder,
    port,
    kill: () => void child.kill("SIGKILL"),
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (typeof address === "object" && address !== null ? resolve(address.port) : reject()));
    });
  });
}
