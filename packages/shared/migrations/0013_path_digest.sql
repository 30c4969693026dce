DROP INDEX "image_path";--> statement-breakpoint
CREATE UNIQUE INDEX "image_path" ON "image" USING btree ("catalog_id",sha256("path")) WHERE vanished_in is null;