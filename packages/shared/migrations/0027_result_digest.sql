ALTER TABLE "compare_result" ADD COLUMN "result_digest" text;--> statement-breakpoint
UPDATE "compare_result" SET "result_digest" = CASE WHEN "whole"."parts" = 1 THEN "whole"."first" ELSE encode(sha256(convert_to("whole"."digests", 'UTF8')), 'hex') END
FROM (
  SELECT "job_id", "task", count(*) AS "parts", min("digest") AS "first", string_agg("digest", ',' ORDER BY "part") AS "digests"
  FROM "compare_result" GROUP BY "job_id", "task"
) AS "whole"
WHERE "compare_result"."job_id" = "whole"."job_id" AND "compare_result"."task" = "whole"."task" AND "compare_result"."part" = 0;
