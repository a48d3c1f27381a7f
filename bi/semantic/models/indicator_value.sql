-- The published table itself; materialization `published` makes nothing.
select * from {{ this }}
