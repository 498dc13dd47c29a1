-- pre: erasure of what was deleted finds it without reading what was not.
create index resource_deleted on resource (type, rid) where deleted;
