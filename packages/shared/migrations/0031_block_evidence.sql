CREATE TABLE "block_evidence" (
	"catalog_id" text NOT NULL,
	"block" integer NOT NULL,
	"evidence_digest" text NOT NULL,
	"part" integer NOT NULL,
	"evidence" "bytea" NOT NULL,
	"digest" text NOT NULL,
	CONSTRAINT "block_evidence_catalog_id_block_evidence_digest_part_pk" PRIMARY KEY("catalog_id","block","evidence_digest","part")
);
--> statement-breakpoint
ALTER TABLE "catalog" ADD COLUMN "features" boolean DEFAULT true NOT NULL;--> statement-breakpoint
ALTER TABLE "hash_block" ADD COLUMN "evidence_digest" text;--> statement-breakpoint
ALTER TABLE "hash_block" ADD COLUMN "features" integer DEFAULT 0 NOT NULL;