CREATE TABLE "rollout" (
	"feature" text PRIMARY KEY NOT NULL,
	"percent" integer NOT NULL,
	"shadow" boolean NOT NULL,
	"changed_at" timestamp(3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "rollout_override" (
	"feature" text NOT NULL,
	"catalog_id" text NOT NULL,
	"enabled" boolean NOT NULL,
	CONSTRAINT "rollout_override_feature_catalog_id_pk" PRIMARY KEY("feature","catalog_id")
);
