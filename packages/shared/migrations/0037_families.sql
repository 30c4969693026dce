ALTER TABLE "finalization" ADD COLUMN "unverified_pairs" bigint;--> statement-breakpoint
ALTER TABLE "group_member" ADD COLUMN "kind" text;--> statement-breakpoint
ALTER TABLE "group_member" ADD COLUMN "probability" real;--> statement-breakpoint
ALTER TABLE "group_member" ADD COLUMN "via" integer;--> statement-breakpoint
ALTER TABLE "group_member" ADD COLUMN "comparison" jsonb;