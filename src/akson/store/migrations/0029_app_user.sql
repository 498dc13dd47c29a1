-- pre: what apps were given by one person, for the person's own page of them.
create index keep_app_user on keep ((value -> 'caller' ->> 'pid')) where kind = 'app-grant';
