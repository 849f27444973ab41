-- Who orders. A row is made on first sight from the claims of the token; from then on it is the user's own.
create table users (
  -- The `sub` of the token.
  id text not null,
  name text,
  email text,
  avatar_url text,
  preferences jsonb not null default '{}',
  revision bigint not null default 1,
  created_at timestamptz not null default date_trunc('milliseconds', now()),
  updated_at timestamptz not null default date_trunc('milliseconds', now()),
  constraint users_pkey primary key (id),
  constraint users_id_check check (char_length(id) between 1 and 255),
  constraint users_name_check check (char_length(name) <= 200),
  constraint users_email_check check (char_length(email) <= 320),
  constraint users_avatar_url_check check (char_length(avatar_url) <= 2048)
);
