CREATE TABLE "verify_result" (
	"job_id" text NOT NULL,
	"task" integer NOT NULL,
	"result_digest" text NOT NULL,
	"part" integer DEFAULT 0 NOT NULL,
	"results" "bytea" NOT NULL,
	"digest" text NOT NULL,
	"is_recorded" boolean DEFAULT false NOT NULL,
	CONSTRAINT "verify_result_job_id_task_result_digest_part_pk" PRIMARY KEY("job_id","task","result_digest","part")
);
--> statement-breakpoint
ALTER TABLE "catalog" ADD COLUMN "verification" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "job" ADD COLUMN "verification" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "job" ADD COLUMN "verify_cursor" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "job" ADD COLUMN "verify_published" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "job" ADD COLUMN "verify_done" "bytea" DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "job" ADD COLUMN "verify_quarantined" "bytea" DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "job" ADD COLUMN "total_verify_tasks" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "job" ADD COLUMN "completed_verify_tasks" integer DEFAULT 0 NOT NULL;