CREATE TABLE "catalog" (
	"id" text PRIMARY KEY NOT NULL,
	"tenant" text NOT NULL,
	"name" text NOT NULL,
	"source" jsonb NOT NULL,
	"block_size" integer,
	"hash_bits" integer,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "catalog_name" UNIQUE("tenant","name")
);
--> statement-breakpoint
CREATE TABLE "compare_result" (
	"job_id" text NOT NULL,
	"task" integer NOT NULL,
	"edges" "bytea" NOT NULL,
	"edge_count" integer NOT NULL,
	"comparisons" bigint NOT NULL,
	"digest" text NOT NULL,
	CONSTRAINT "compare_result_job_id_task_pk" PRIMARY KEY("job_id","task")
);
--> statement-breakpoint
CREATE TABLE "finalization" (
	"job_id" text NOT NULL,
	"run" integer NOT NULL,
	"grouping" text NOT NULL,
	"threshold_bits" integer NOT NULL,
	"edges" bigint NOT NULL,
	"flat_images" integer NOT NULL,
	"groups" integer NOT NULL,
	"grouped_images" integer NOT NULL,
	"at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "finalization_job_id_run_pk" PRIMARY KEY("job_id","run")
);
--> statement-breakpoint
CREATE TABLE "group_member" (
	"job_id" text NOT NULL,
	"run" integer NOT NULL,
	"number" integer NOT NULL,
	"ordinal" integer NOT NULL,
	"distance" smallint,
	CONSTRAINT "group_member_job_id_run_number_ordinal_pk" PRIMARY KEY("job_id","run","number","ordinal")
);
--> statement-breakpoint
CREATE TABLE "hash_block" (
	"catalog_id" text NOT NULL,
	"block" integer NOT NULL,
	"job_id" text NOT NULL,
	"states" "bytea" NOT NULL,
	"hashes" "bytea" NOT NULL,
	"content_digests" "bytea" NOT NULL,
	"details" jsonb NOT NULL,
	"failed_images" integer NOT NULL,
	"digest" text NOT NULL,
	CONSTRAINT "hash_block_catalog_id_block_pk" PRIMARY KEY("catalog_id","block")
);
--> statement-breakpoint
CREATE TABLE "image" (
	"catalog_id" text NOT NULL,
	"ordinal" integer NOT NULL,
	"path" "bytea" NOT NULL,
	"fingerprint" text NOT NULL,
	"bytes" bigint,
	"modified_at" timestamp(3) with time zone,
	"given_hash" "bytea",
	"width" integer,
	"height" integer,
	"failure" jsonb,
	"listed_in" text NOT NULL,
	"seen_in_walk" bigint NOT NULL,
	"vanished_in" text,
	CONSTRAINT "image_catalog_id_ordinal_pk" PRIMARY KEY("catalog_id","ordinal")
);
--> statement-breakpoint
CREATE TABLE "image_group" (
	"job_id" text NOT NULL,
	"run" integer NOT NULL,
	"number" integer NOT NULL,
	"kind" text NOT NULL,
	"keeper" integer NOT NULL,
	"keeper_reason" text NOT NULL,
	"size" integer NOT NULL,
	"reclaimable_bytes" bigint NOT NULL,
	CONSTRAINT "image_group_job_id_run_number_pk" PRIMARY KEY("job_id","run","number")
);
--> statement-breakpoint
CREATE TABLE "job" (
	"id" text PRIMARY KEY NOT NULL,
	"tenant" text NOT NULL,
	"catalog_id" text NOT NULL,
	"mode" text NOT NULL,
	"options" jsonb NOT NULL,
	"state" text NOT NULL,
	"paused" boolean DEFAULT false NOT NULL,
	"run" integer DEFAULT 1 NOT NULL,
	"failure" text,
	"base_job" text,
	"base_blocks" integer,
	"block_size" integer,
	"hash_bits" integer,
	"threshold_bits" integer,
	"radius_bits" integer,
	"hash_cursor" integer DEFAULT 0 NOT NULL,
	"hash_published" integer DEFAULT 0 NOT NULL,
	"compare_cursor" integer DEFAULT 0 NOT NULL,
	"compare_published" integer DEFAULT 0 NOT NULL,
	"blocks_done" "bytea" NOT NULL,
	"blocks_quarantined" "bytea" NOT NULL,
	"tasks_done" "bytea" NOT NULL,
	"tasks_quarantined" "bytea" NOT NULL,
	"phase" text NOT NULL,
	"total_images" integer DEFAULT 0 NOT NULL,
	"completed_images" integer DEFAULT 0 NOT NULL,
	"shown_images" integer DEFAULT 0 NOT NULL,
	"failed_images" integer DEFAULT 0 NOT NULL,
	"total_blocks" integer DEFAULT 0 NOT NULL,
	"completed_blocks" integer DEFAULT 0 NOT NULL,
	"total_block_pairs" bigint DEFAULT 0 NOT NULL,
	"completed_block_pairs" bigint DEFAULT 0 NOT NULL,
	"total_tasks" integer DEFAULT 0 NOT NULL,
	"completed_tasks" integer DEFAULT 0 NOT NULL,
	"quarantined_tasks" integer DEFAULT 0 NOT NULL,
	"rate" real DEFAULT 0 NOT NULL,
	"rate_at" timestamp(3) with time zone,
	"accepted_at" timestamp(3) with time zone NOT NULL,
	"updated_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp(3) with time zone
);
--> statement-breakpoint
CREATE TABLE "outbox" (
	"event_id" text PRIMARY KEY NOT NULL,
	"stream" text NOT NULL,
	"subject" text NOT NULL,
	"body" jsonb NOT NULL,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"published_at" timestamp(3) with time zone
);
--> statement-breakpoint
CREATE TABLE "task_attempt" (
	"job_id" text NOT NULL,
	"kind" text NOT NULL,
	"task" integer NOT NULL,
	"attempt" integer NOT NULL,
	"reason" text NOT NULL,
	"at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "task_attempt_job_id_kind_task_attempt_pk" PRIMARY KEY("job_id","kind","task","attempt")
);
--> statement-breakpoint
CREATE TABLE "walk" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"job_id" text NOT NULL
);
--> statement-breakpoint
ALTER TABLE "image_group" ADD CONSTRAINT "image_group_job_id_run_finalization_job_id_run_fk" FOREIGN KEY ("job_id","run") REFERENCES "public"."finalization"("job_id","run") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "image_path" ON "image" USING btree ("catalog_id","path") WHERE vanished_in is null;--> statement-breakpoint
CREATE INDEX "job_catalog" ON "job" USING btree ("catalog_id","accepted_at");--> statement-breakpoint
CREATE INDEX "job_active" ON "job" USING btree ("updated_at") WHERE state in ('accepted', 'listing', 'running', 'finalizing');--> statement-breakpoint
CREATE INDEX "outbox_unpublished" ON "outbox" USING btree ("created_at") WHERE published_at is null;