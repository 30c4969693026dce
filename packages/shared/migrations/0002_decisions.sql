CREATE TABLE "archive" (
	"id" text PRIMARY KEY NOT NULL,
	"catalog_id" text NOT NULL,
	"state" text NOT NULL,
	"folder" text NOT NULL,
	"total_files" integer NOT NULL,
	"moved_files" integer DEFAULT 0 NOT NULL,
	"moved_bytes" bigint DEFAULT 0 NOT NULL,
	"refusals" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"started_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp(3) with time zone
);
--> statement-breakpoint
CREATE TABLE "decision" (
	"id" text PRIMARY KEY NOT NULL,
	"catalog_id" text NOT NULL,
	"job_id" text NOT NULL,
	"run" integer NOT NULL,
	"group_number" integer NOT NULL,
	"verdict" text NOT NULL,
	"members" integer[] NOT NULL,
	"keep" integer[] NOT NULL,
	"undoes" text,
	"decided_by" text NOT NULL,
	"decided_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "decision_undoes_unique" UNIQUE("undoes")
);
--> statement-breakpoint
ALTER TABLE "catalog" ADD COLUMN "deleted_at" timestamp(3) with time zone;--> statement-breakpoint
ALTER TABLE "image_group" ADD COLUMN "decision_id" text;--> statement-breakpoint
ALTER TABLE "image_group" ADD COLUMN "reopened_id" text;--> statement-breakpoint
CREATE INDEX "archive_catalog" ON "archive" USING btree ("catalog_id","started_at");--> statement-breakpoint
CREATE INDEX "decision_catalog" ON "decision" USING btree ("catalog_id","decided_at");--> statement-breakpoint
CREATE INDEX "image_group_reclaimable" ON "image_group" USING btree ("job_id","run","reclaimable_bytes" DESC NULLS LAST,"number");--> statement-breakpoint
CREATE INDEX "image_group_decision" ON "image_group" USING btree ("decision_id") WHERE decision_id is not null;