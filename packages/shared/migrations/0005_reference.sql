CREATE TABLE "reference_match" (
	"job_id" text NOT NULL,
	"run" integer NOT NULL,
	"ordinal" integer NOT NULL,
	"reference_ordinal" integer NOT NULL,
	"distance" smallint NOT NULL,
	"equal_bytes" boolean NOT NULL,
	CONSTRAINT "reference_match_job_id_run_ordinal_pk" PRIMARY KEY("job_id","run","ordinal")
);
--> statement-breakpoint
ALTER TABLE "reference_match" ADD CONSTRAINT "reference_match_job_id_run_finalization_job_id_run_fk" FOREIGN KEY ("job_id","run") REFERENCES "public"."finalization"("job_id","run") ON DELETE cascade ON UPDATE no action;