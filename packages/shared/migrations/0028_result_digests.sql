ALTER TABLE "finalization" ADD COLUMN "decisions" integer;--> statement-breakpoint
ALTER TABLE "finalization" ADD COLUMN "image_digests" "bytea";--> statement-breakpoint
ALTER TABLE "finalization" ADD COLUMN "digests" jsonb;--> statement-breakpoint
ALTER TABLE "image_group" ADD COLUMN "digest" text;