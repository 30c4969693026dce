import { z } from "zod";

export const ArchiveState = z.enum(["archiving", "archived", "restoring", "restored"]);
export type ArchiveState = z.infer<typeof ArchiveState>;
