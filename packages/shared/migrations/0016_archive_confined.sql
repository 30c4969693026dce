CREATE TABLE "signing_key" (
	"name" text PRIMARY KEY NOT NULL,
	"key" "bytea" NOT NULL
);
--> statement-breakpoint
ALTER TABLE "archive" ADD COLUMN "destination" text;--> statement-breakpoint
ALTER TABLE "archive" ADD COLUMN "manifest_digest" text;--> statement-breakpoint
ALTER TABLE "archive" ADD COLUMN "manifest_confirmed" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "archive" ADD COLUMN "archived_files" integer;--> statement-breakpoint
ALTER TABLE "archive" ADD COLUMN "archived_bytes" bigint;--> statement-breakpoint
ALTER TABLE "archive" ADD COLUMN "deleted_files" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "archive" ADD COLUMN "freed_bytes" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "archive" ADD COLUMN "withdrawn_decisions" integer DEFAULT 0 NOT NULL;