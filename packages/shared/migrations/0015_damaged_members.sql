ALTER TABLE "group_member" ADD COLUMN "damaged" text;--> statement-breakpoint
ALTER TABLE "group_member" ADD COLUMN "same_file_as" integer;