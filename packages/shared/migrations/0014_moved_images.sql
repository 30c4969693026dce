ALTER TABLE "image" ADD COLUMN "moved_in" text;--> statement-breakpoint
ALTER TABLE "image" ADD COLUMN "vanished_before" text;--> statement-breakpoint
ALTER TABLE "job" ADD COLUMN "missing_images" integer;--> statement-breakpoint
CREATE INDEX "image_moved" ON "image" USING btree ("catalog_id","moved_in") WHERE moved_in is not null;--> statement-breakpoint
CREATE INDEX "image_bytes" ON "image" USING btree ("catalog_id","bytes") WHERE given_hash is null;