ALTER TABLE "catalog" ADD COLUMN "hash_format" text;--> statement-breakpoint
ALTER TABLE "hash_block" ADD COLUMN "hash_format" text DEFAULT 'blockhash16/2' NOT NULL;--> statement-breakpoint
ALTER TABLE "job" ADD COLUMN "hash_format" text DEFAULT 'blockhash16/2' NOT NULL;--> statement-breakpoint
-- What is stored so far was hashed by the first format, or came from a file of hashes.
UPDATE "catalog" SET "hash_format" = CASE "source" ->> 'kind' WHEN 'hashes' THEN 'given' ELSE 'blockhash16/2' END WHERE "hash_bits" IS NOT NULL;--> statement-breakpoint
UPDATE "job" SET "hash_format" = 'given' FROM "catalog" WHERE "catalog"."id" = "job"."catalog_id" AND "catalog"."source" ->> 'kind' = 'hashes';--> statement-breakpoint
UPDATE "hash_block" SET "hash_format" = 'given' FROM "catalog" WHERE "catalog"."id" = "hash_block"."catalog_id" AND "catalog"."source" ->> 'kind' = 'hashes';
