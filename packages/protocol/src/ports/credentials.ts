/** What a request is signed with. Never logged, never recorded. */
export type Credential =
  | { readonly type: "api_key"; readonly token: string }
  | { readonly type: "chatgpt"; readonly token: string; readonly account_id?: string };

export interface Credentials {
  /** `undefined`: none is known; the request goes without. */
  current(signal: AbortSignal): Promise<Credential | undefined>;
}
