ALTER TABLE "finalization" ADD COLUMN "tenant" text;--> statement-breakpoint
UPDATE "finalization" SET "tenant" = coalesce((SELECT "job"."tenant" FROM "job" WHERE "job"."id" = "job_id"), '');--> statement-breakpoint
ALTER TABLE "finalization" ALTER COLUMN "tenant" SET NOT NULL;--> statement-breakpoint
CREATE INDEX "finalization_tenant" ON "finalization" USING btree ("tenant","lineage") WHERE step = 0;