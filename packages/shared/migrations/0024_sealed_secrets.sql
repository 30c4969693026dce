CREATE TABLE "session" (
	"digest" "bytea" PRIMARY KEY NOT NULL,
	"key_id" text NOT NULL,
	"host" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "webhook" ALTER COLUMN "secret" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "webhook" ADD COLUMN "sealed_secret" "bytea";--> statement-breakpoint
ALTER TABLE "session" ADD CONSTRAINT "session_key_id_access_key_id_fk" FOREIGN KEY ("key_id") REFERENCES "public"."access_key"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "session_key" ON "session" USING btree ("key_id");