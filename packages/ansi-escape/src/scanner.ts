import { LIMITS } from "./limits.js";

/** What a text for a terminal consists of, in order. Everything else that it may hold is left out. */
export type ScanHandler = {
  /** One line's worth or less: no control characters but tabs. */
  text(text: string): void;
  newline(): void;
  /** Back to the start of the line; not told where a newline follows. */
  carriageReturn(): void;
  /** Parameters of SGR, as written between `CSI` and `m`. */
  style(parameters: string): void;
  /** OSC 8: what follows belongs to this target; empty ends it. */
  link(target: string): void;
};

/** C0 without tab, DEL, C1, and the marks that reorder text on the screen. */
const SPECIAL = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
/** Starts of sequences; what is left of a broken one never starts another. */
const STARTS = /[\u001b\u0080-\u009f]/g;
const STRING_STARTS = "]PX^_";
const STRING_STARTS_C1 = "\u009d\u0090\u0098\u009e\u009f";
const STRING_ENDS = /[\u0007\u001b\u009c]/g;
const PARAMETERS = /[ -?]*/y;
const LINK = /^8;[^;]*;/;

type State =
  | "ground"
  /** After ESC. */
  | "escape"
  /** After CSI. */
  | "control"
  /** In an OSC, DCS, SOS, PM or APC string. */
  | "string"
  /** After ESC in such a string. */
  | "string_escape";

/**
 * Reads text for a terminal (ECMA-48, xterm), cut anywhere. Linear in its input and bounded by LIMITS. A sequence that
 * is broken off or too long is no sequence: without the character that started it, it is text.
 */
export class Scanner {
  readonly #handler: ScanHandler;
  #state: State = "ground";
  /** Of the sequence begun, what would be text if it broke. */
  #held = "";
  /** Characters of `#held` that name the kind of the sequence. */
  #lead = 0;
  #isCommand = false;
  #hasReturned = false;

  constructor(handler: ScanHandler) {
    this.#handler = handler;
  }

  push(text: string): void {
    let at = 0;
    while (at < text.length) at = this.#step(text, at);
  }

  /** Nothing follows: a sequence begun is text, a return begun is one. */
  end(): void {
    if (this.#state !== "ground") this.#release();
    if (this.#hasReturned) this.#handler.carriageReturn();
    this.#hasReturned = false;
  }

  /** Reads some of the text from `at` and gives where to go on. */
  #step(text: string, at: number): number {
    switch (this.#state) {
      case "ground":
        return this.#ground(text, at);
      case "escape":
        return this.#escape(text, at);
      case "control":
        return this.#control(text, at);
      case "string":
        return this.#string(text, at);
      case "string_escape":
        if (text.charAt(at) === "\\") return this.#finishString(at + 1);
        this.#release();
        this.#begin("escape", "");
        return at;
      default:
        return this.#state satisfies never;
    }
  }

  #ground(text: string, at: number): number {
    SPECIAL.lastIndex = at;
    const index = SPECIAL.exec(text)?.index ?? text.length;
    if (index > at) {
      if (this.#hasReturned) this.#handler.carriageReturn();
      this.#hasReturned = false;
      this.#handler.text(text.slice(at, index));
    }
    if (index < text.length) this.#obey(text.charAt(index));
    return index + 1;
  }

  #obey(character: string): void {
    if (character === "\n") {
      this.#hasReturned = false;
      this.#handler.newline();
    } else if (character === "\r") this.#hasReturned = true;
    else if (character === "\u001b") this.#begin("escape", "");
    else if (character === "\u009b") this.#begin("control", "");
    else if (STRING_STARTS_C1.includes(character)) {
      this.#begin("string", "");
      this.#isCommand = character === "\u009d";
    }
  }

  #escape(text: string, at: number): number {
    const character = text.charAt(at);
    if (this.#held === "" && character === "[") this.#begin("control", "[");
    else if (this.#held === "" && STRING_STARTS.includes(character)) {
      this.#begin("string", character);
      this.#isCommand = character === "]";
    } else if (character >= " " && character <= "/" && this.#held.length < LIMITS.control) this.#held += character;
    else if (character >= "0" && character <= "~") this.#begin("ground", "");
    else {
      this.#release();
      return at;
    }
    return at + 1;
  }

  #control(text: string, at: number): number {
    PARAMETERS.lastIndex = at;
    const parameters = PARAMETERS.exec(text)?.[0] ?? "";
    const end = at + Math.min(parameters.length, LIMITS.control - this.#held.length);
    this.#held += text.slice(at, end);
    if (end === text.length) return end;
    const final = text.charAt(end);
    if (final < "@" || final > "~") {
      this.#release();
      return end;
    }
    const written = this.#held.slice(this.#lead);
    this.#begin("ground", "");
    if (final === "m" && /^[\d;:]*$/.test(written)) this.#handler.style(written);
    return end + 1;
  }

  #string(text: string, at: number): number {
    STRING_ENDS.lastIndex = at;
    const index = STRING_ENDS.exec(text)?.index ?? text.length;
    const room = LIMITS.string - this.#held.length;
    this.#held += text.slice(at, Math.min(index, at + room));
    if (index - at > room) {
      this.#release();
      return at + room;
    }
    if (index === text.length) return index;
    if (text.charAt(index) !== "\u001b") return this.#finishString(index + 1);
    this.#state = "string_escape";
    return index + 1;
  }

  #finishString(next: number): number {
    const contents = this.#held.slice(this.#lead);
    const isCommand = this.#isCommand;
    this.#begin("ground", "");
    const found = isCommand ? LINK.exec(contents) : null;
    if (found !== null) this.#handler.link(contents.slice(found[0].length));
    return next;
  }

  #begin(state: State, lead: string): void {
    this.#state = state;
    this.#held = lead;
    this.#lead = lead.length;
  }

  #release(): void {
    const text = this.#held.replace(STARTS, "");
    this.#begin("ground", "");
    let at = 0;
    while (at < text.length) at = this.#ground(text, at);
  }
}
