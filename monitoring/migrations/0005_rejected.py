from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("monitoring", "0003_stream_days"), ("broker", "0003_rejected")]
    operations = [
        migrations.CreateModel(
            name="RejectedEvent",
            fields=[("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))],
            options={
                "db_table": "dead_letters",
                "permissions": (
                    ("see_personal_data", "Can see addresses, user agents and other personal data of events"),
                    ("replay_rejected", "Can mend rejected events and replay them"),
                    ("delete_rejected", "Can delete rejected events"),
                ),
                "managed": False,
                "default_permissions": ("view",),
            },
        ),
    ]
