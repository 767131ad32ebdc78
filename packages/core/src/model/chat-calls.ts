import { fieldsOf, isFields, numberOf, parseJson, textOf } from "@codex/common";
import type { Fields } from "@codex/common";
import type { FunctionCallItem } from "@codex/protocol";
import { UNNAMED } from "./decode-items.js";

type Growing = { readonly index: number | undefined; id: string; name: string; text: string };

/**
 * Tool calls as they arrive in pieces. Servers differ: some number them, some only name an id, some send every call
 * whole under one number. A piece begins another call when its id says so, or when the one before is already whole.
 */
export class ChatCalls {
  readonly #calls: Growing[] = [];

  get size(): number {
    return this.#calls.length;
  }

  add(piece: Fields): void {
    const called = fieldsOf(piece["function"]);
    const index = numberOf(piece["index"]);
    const id = textOf(piece["id"]) ?? "";
    const name = textOf(called["name"]) ?? "";
    const written = called["arguments"];
    const text = isFields(written) ? JSON.stringify(written) : (textOf(written) ?? "");
    const call = this.#continued(index, id, name) ?? this.#begin(index);
    if (call.id === "") call.id = id;
    if (call.name !== name) call.name += name;
    call.text += text;
  }

  items(answer_id: string): readonly FunctionCallItem[] {
    return this.#calls.map(({ id, name, text }, index) => ({
      type: "function_call",
      name: name || UNNAMED,
      arguments: text,
      call_id: id === "" ? `call_${answer_id}_${index}` : id,
    }));
  }

  #continued(index: number | undefined, id: string, name: string): Growing | undefined {
    const call = index === undefined ? this.#calls.at(-1) : this.#calls.findLast((other) => other.index === index);
    if (call === undefined) return undefined;
    if (id !== "") return call.id === id ? call : undefined;
    return name !== "" && isWhole(call) ? undefined : call;
  }

  #begin(index: number | undefined): Growing {
    const call: Growing = { index, id: "", name: "", text: "" };
    this.#calls.push(call);
    return call;
  }
}

function isWhole({ name, text }: Growing): boolean {
  return name !== "" && isFields(parseJson(text));
}
