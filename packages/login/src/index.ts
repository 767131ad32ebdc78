export { createStoredCredentials } from "./credentials.js";
export type { StoredCredentialsOptions } from "./credentials.js";
export type { FileLock } from "./file-lock.js";
