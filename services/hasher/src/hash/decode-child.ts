// The entry point of a process that hashes one file after another for its parent, and ends with it: see decode-process.ts.
import { type FileRequest, hashFile } from "./hash-file.ts";

process.on("message", async (request: FileRequest) => process.send?.(await hashFile(request)));
