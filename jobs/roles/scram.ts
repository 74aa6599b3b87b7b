// A password as PostgreSQL stores it (SCRAM-SHA-256, RFC 5803). Made here, so that no statement holds a password in clear: statements
// are sent to the server as they are, and the slow-query log and pgaudit write them down.
import { createHash, createHmac, pbkdf2Sync } from "node:crypto";

/** PostgreSQL's own number. */
const iterations = 4096;
const bytes = { key: 32, salt: 16 } as const;

/** The salt derives from role and password: the same two give the same text, or each preview would show a change. */
export function scramVerifier(role: string, password: string): string {
  const salt = createHash("sha256").update(`${role}\n${password}`).digest().subarray(0, bytes.salt);
  const salted = pbkdf2Sync(password, salt, iterations, bytes.key, "sha256");
  const clientKey = createHmac("sha256", salted).update("Client Key").digest();
  const storedKey = createHash("sha256").update(clientKey).digest();
  const serverKey = createHmac("sha256", salted).update("Server Key").digest();
  return `SCRAM-SHA-256$${iterations}:${salt.toString("base64")}$${storedKey.toString("base64")}:${serverKey.toString("base64")}`;
}
