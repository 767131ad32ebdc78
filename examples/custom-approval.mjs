// Your program decides what may run: node examples/custom-approval.mjs "Remove the build folder"
import { createCodex } from "@codex/core";

const codex = createCodex();
try {
  const session = await codex.start({
    approvalPolicy: "untrusted",
    onApproval: async (request) => {
      if (request.type === "patch") return "approved";
      const command = request.command.join(" ");
      process.stdout.write(`may it run? ${command}\n`);
      if (/\brm\b/.test(command))
        return { denied: { rejection: "nothing is deleted here; move it to trash/ instead" } };
      return "approved";
    },
  });
  const turn = await session.run(process.argv[2] ?? "Tidy up this folder");
  process.stdout.write(`${turn.finalResponse}\n`);
} finally {
  await codex[Symbol.asyncDispose]();
}
