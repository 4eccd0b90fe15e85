/** The server itself, on a free port, for as long as a test file runs. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const REJOINT = join(import.meta.dirname, "../../../.venv/bin/rejoint");

export interface ServerProcess {
  /** The link that founds the clinic. */
  readonly setup: string;
  stop(): void;
}

/** Start it on an empty directory; resolves when it listens. */
export async function startServer(): Promise<ServerProcess> {
  const data = mkdtempSync(join(tmpdir(), "rejoint-"));
  const server: ChildProcess = spawn(REJOINT, ["serve", "--data", data, "--port", "0"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  const setup = await new Promise<string>((resolve, reject) => {
    const read = (bytes: Buffer) => {
      said += bytes;
      const link = /http:\S+#s1\.[\w-]{22}/.exec(said);
      if (link !== null) resolve(link[0]);
    };
    server.stdout?.on("data", read);
    server.stderr?.on("data", read);
    server.once("exit", () => reject(new Error(`the server did not start: ${said}`)));
    server.once("error", reject);
  });
  const stop = () => {
    server.kill();
    rmSync(data, { recursive: true, force: true });
  };
  return { setup, stop };
}

/** What a command of `rejoint` prints. */
export function rejoint(...words: readonly string[]): Record<string, unknown> {
  return JSON.parse(execFileSync(REJOINT, words, { encoding: "utf8" }));
}
