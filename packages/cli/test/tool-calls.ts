const PATCH = "*** Begin Patch\n*** Update File: b.txt\n-written\n+patched\n*** End Patch\n";

/**
 * A call of every tool that Codex brings itself, in an order in which each can be done, and what its output has to
 * look like. test/every-tool.test.ts goes red when a tool is missing here.
 */
export const TOOL_CALLS = [
  ["exec_command", { cmd: "cat a.txt" }, /^Chunk ID: [\s\S]*Output:\nold\n$/],
  ["write_stdin", { session_id: 1234 }, /Unknown process id 1234/],
  ["shell", { command: ["cat", "a.txt"] }, /^Exit code: 0\n[\s\S]*Output:\nold\n$/],
  ["container.exec", { command: ["cat", "a.txt"] }, /^Exit code: 0\n/],
  ["shell_command", { command: "cat a.txt" }, /^Exit code: 0\n/],
  ["update_plan", { plan: [{ step: "all of it", status: "in_progress" }] }, /^Plan updated$/],
  ["request_user_input", { questions: [question("q")] }, /^request_user_input is unavailable/],
  ["read_file", { path: "a.txt" }, /^1\told$/],
  ["write_file", { path: "b.txt", content: "written\n" }, /^Exit code: 0\n[\s\S]*A b\.txt\n$/],
  ["apply_patch", PATCH, /^Exit code: 0\n[\s\S]*M b\.txt\n$/],
  [
    "edit_file",
    { path: "b.txt", edits: [{ old_text: "patched", new_text: "edited" }] },
    /^Exit code: 0\n[\s\S]*M b\.txt\n$/,
  ],
  ["list_dir", { dir_path: "src" }, /^Absolute path: .*\n {2}c\.ts$/],
  ["grep_files", { pattern: "needle" }, /src\/c\.ts:1:needle$/],
  ["find_files", { pattern: "*.ts" }, /src\/c\.ts$/],
  ["view_image", { path: "p.png" }, /^\[\{"type":"input_image"/],
] as const;

/** The same for the tools over sub-agents, which are off by default; `AGENT` stands for the one that was opened. */
export const AGENT_CALLS = [
  ["spawn_agent", { message: "TASK: look around" }, /^\{"agent_id":"[-0-9a-f]+","nickname":"agent-1"\}$/],
  [
    "wait_agent",
    { targets: ["AGENT"] },
    /^\{"status":\{"[-0-9a-f]+":\{"completed":"found it"\}\},"timed_out":false\}$/,
  ],
  ["send_input", { target: "AGENT", message: "TASK: once more" }, /^\{"status":"\w+"\}$/],
  ["close_agent", { target: "AGENT" }, /^\{"previous_status":/],
] as const;

function question(id: string) {
  const options = ["yes", "no"].map((label) => ({ label, description: label }));
  return { id, header: id, question: `${id}?`, options };
}
