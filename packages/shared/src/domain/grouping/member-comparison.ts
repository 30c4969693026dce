import { z } from "zod";

const Share = z.number().min(0).max(1);

const Rectangle = z.object({ left: Share, top: Share, width: Share, height: Share }).meta({
  id: "Rectangle",
  description: "In parts of the picture's sides, as it is shown: 0, 0 is its upper left corner",
});
export type Rectangle = z.infer<typeof Rectangle>;

/** What was seen where a member was laid over its master, or over the copy between. */
export const MemberComparison = z
  .object({
    ofMaster: Share.meta({ description: "How much of the master the member shows" }),
    ofMember: Share.meta({ description: "How much of the member the master shows" }),
    inMaster: Rectangle.meta({ description: "Where in the master both are the same" }),
    inMember: Rectangle.meta({ description: "Where in the member both are the same" }),
    degrees: z.number().meta({ description: "By how much the member is rotated, clockwise; after mirroring it" }),
    mirrored: z.boolean(),
    differing: Share.meta({ description: "The part of what both show that differs" }),
    region: Share.meta({ description: "The part of it that the largest region of differences has" }),
    toneLevels: z.number().meta({ description: "By how many of 255 levels the brightness differs, in the mean" }),
    colourLevels: z.number().meta({ description: "By how many of 255 levels the mean colour differs" }),
  })
  .meta({ id: "MemberComparison" });
export type MemberComparison = z.infer<typeof MemberComparison>;
