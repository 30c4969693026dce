CREATE TABLE "tenant" (
	"id" text PRIMARY KEY NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"disabled_at" timestamp (3) with time zone
);
--> statement-breakpoint
INSERT INTO "tenant" ("id") SELECT 'default' UNION SELECT "tenant" FROM "access_key" UNION SELECT "tenant" FROM "catalog" UNION SELECT "tenant" FROM "job";
