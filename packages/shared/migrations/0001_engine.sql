ALTER TABLE "compare_result" DROP CONSTRAINT "compare_result_job_id_task_pk";--> statement-breakpoint
ALTER TABLE "compare_result" ADD COLUMN "part" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "compare_result" ADD CONSTRAINT "compare_result_job_id_task_part_pk" PRIMARY KEY("job_id","task","part");--> statement-breakpoint
ALTER TABLE "job" ADD COLUMN "tile_blocks" integer;--> statement-breakpoint
ALTER TABLE "job" ADD COLUMN "bands" integer;--> statement-breakpoint
ALTER TABLE "job" ADD COLUMN "kernel_reason" text;--> statement-breakpoint
ALTER TABLE "compare_result" DROP COLUMN "comparisons";--> statement-breakpoint
ALTER TABLE "hash_block" ADD COLUMN "signatures" "bytea" DEFAULT ''::bytea NOT NULL;--> statement-breakpoint
DROP TABLE "walk" CASCADE;--> statement-breakpoint
ALTER TABLE "image" DROP COLUMN "seen_in_walk";