ALTER TABLE "image_group" DROP CONSTRAINT "image_group_job_id_run_finalization_job_id_run_fk";
--> statement-breakpoint
ALTER TABLE "reference_match" DROP CONSTRAINT "reference_match_job_id_run_finalization_job_id_run_fk";
--> statement-breakpoint
CREATE INDEX "image_vanished" ON "image" USING btree ("catalog_id","ordinal") WHERE vanished_in is not null;