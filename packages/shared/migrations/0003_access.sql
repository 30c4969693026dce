CREATE TABLE "access_key" (
	"id" text PRIMARY KEY NOT NULL,
	"tenant" text NOT NULL,
	"name" text NOT NULL,
	"scope" text NOT NULL,
	"digest" "bytea" NOT NULL,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"revoked_at" timestamp(3) with time zone,
	CONSTRAINT "access_key_digest_unique" UNIQUE("digest")
);
--> statement-breakpoint
CREATE TABLE "idempotent_request" (
	"tenant" text NOT NULL,
	"key" text NOT NULL,
	"digest" text NOT NULL,
	"status" integer,
	"location" text,
	"body" text,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "idempotent_request_tenant_key_pk" PRIMARY KEY("tenant","key")
);
