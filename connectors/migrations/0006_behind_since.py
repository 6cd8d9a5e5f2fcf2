from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('connectors', '0005_operation'),
    ]

    operations = [
        migrations.AddField(
            model_name='lease',
            name='behind_since',
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
