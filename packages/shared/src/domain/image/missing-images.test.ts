import { describe, expect, it } from "vitest";
import { missingRefusal } from "./missing-images.ts";

describe("missing images", () => {
  it("are believed where they are few, or a small part", () => {
    expect(missingRefusal(50, 50)).toBeNull();
    expect(missingRefusal(200, 1_000)).toBeNull();
  });

  it("stop the job where they are more than 50 and a fifth", () => {
    expect(missingRefusal(201, 1_000)).toContain("201 of 1000 known images are missing");
    expect(missingRefusal(1_000, 1_000)).toContain("mounted");
  });
});
