import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from registry.migrations._rows_of_0002 import fill, fill_titles


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Commit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(help_text='From 1, without gaps.')),
                ('sha', models.CharField(max_length=40, validators=[django.core.validators.RegexValidator('\\A[0-9a-f]{40}\\Z', "A commit's full name: 40 hexadecimal digits.")])),
                ('author_name', models.CharField(max_length=150)),
                ('author_email', models.CharField(max_length=254)),
                ('committed_at', models.DateTimeField()),
                ('message', models.TextField()),
                ('files', models.JSONField(help_text="Path to new content; a link is {'link': target}; null where the file goes.")),
            ],
            options={
                'ordering': ['repository', 'number'],
            },
        ),
        migrations.CreateModel(
            name='Draft',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=200)),
                ('text', models.TextField(help_text='The schema as YAML; its $id names the version that it is to become.')),
                ('base', models.CharField(blank=True, help_text='The version that the text was made from; empty for the first one of a title.', max_length=32)),
                ('reason', models.CharField(blank=True, help_text="What changes, for the reviewer and the commit's message.", max_length=500)),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('in_review', 'In Review'), ('published', 'Published'), ('withdrawn', 'Withdrawn')], default='draft', max_length=12)),
                ('edit', models.PositiveIntegerField(default=0, help_text="Grows with every change: two people can't overwrite each other unseen.")),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'ordering': ['-updated_at'],
                'permissions': [('approve_draft', "Can approve and publish another person's draft")],
            },
        ),
        migrations.CreateModel(
            name='DraftStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('started', 'Started'), ('edited', 'Edited'), ('submitted', 'Submitted for review'), ('returned', 'Sent back'), ('withdrawn', 'Withdrawn'), ('published', 'Approved and published')], max_length=12)),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('comment', models.CharField(blank=True, max_length=2000)),
                ('edit', models.PositiveIntegerField(help_text="The draft's edit number after the step.")),
                ('text_hash', models.CharField(help_text='SHA-256 of the text that was decided upon.', max_length=64)),
                ('draft', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='registry.draft')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['draft', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='SchemaReference',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('target_id', models.CharField(db_index=True, help_text='The id that is referred to, as /fragment/common/1.0.0.', max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name='Waiver',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(help_text='The schema title; * at its end stands for anything.', max_length=200)),
                ('version', models.CharField(blank=True, help_text='Empty: all versions.', max_length=32)),
                ('rule', models.CharField(help_text="The rule's code, or its name in jsonschema-tools.", max_length=60)),
                ('pointer', models.CharField(blank=True, help_text='Empty: anywhere in the schema.', max_length=300)),
                ('reason', models.CharField(max_length=500)),
                ('ends_on', models.DateField(help_text='The last day on which it holds.')),
                ('author', models.CharField(editable=False, max_length=150)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['title', 'rule'],
            },
        ),
        migrations.AddField(
            model_name='registrystate',
            name='changed_otherwise_at',
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='repository',
            name='branch',
            field=models.CharField(blank=True, help_text="Empty: the repository's own default.", max_length=100),
        ),
        migrations.AddField(
            model_name='repository',
            name='commit',
            field=models.CharField(blank=True, help_text='The last commit that was imported.', max_length=40, validators=[django.core.validators.RegexValidator('\\A[0-9a-f]{40}\\Z', "A commit's full name: 40 hexadecimal digits.")]),
        ),
        migrations.AddField(
            model_name='repository',
            name='compatibility',
            field=models.CharField(choices=[('NONE', 'None'), ('BACKWARD', 'Backward'), ('BACKWARD_TRANSITIVE', 'Backward, all versions'), ('FORWARD', 'Forward'), ('FORWARD_TRANSITIVE', 'Forward, all versions'), ('FULL', 'Full'), ('FULL_TRANSITIVE', 'Full, all versions')], default='BACKWARD', max_length=24),
        ),
        migrations.AddField(
            model_name='repository',
            name='credentials',
            field=models.TextField(blank=True, editable=False),
        ),
        migrations.AddField(
            model_name='repository',
            name='deprecated_since',
            field=models.DateField(blank=True, help_text='Set while it is deprecated.', null=True),
        ),
        migrations.AddField(
            model_name='repository',
            name='deprecated_by',
            field=models.CharField(blank=True, editable=False, max_length=150),
        ),
        migrations.AddField(
            model_name='repository',
            name='deprecation_reason',
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddField(
            model_name='repository',
            name='enforcement',
            field=models.CharField(choices=[('report', 'Report: shown, and published'), ('refuse', 'Refuse: the import or publication')], default='report', max_length=8),
        ),
        migrations.AddField(
            model_name='repository',
            name='interval_seconds',
            field=models.PositiveIntegerField(default=300, help_text='Between two pulls; 0: only by webhook or by hand.'),
        ),
        migrations.AddField(
            model_name='repository',
            name='is_enabled',
            field=models.BooleanField(default=True, help_text='Off: no pulls; what was imported goes on being served.'),
        ),
        migrations.AddField(
            model_name='repository',
            name='kind',
            field=models.CharField(choices=[('git', 'Git'), ('folder', 'Folder'), ('managed', 'Managed here')], default='folder', max_length=16),
        ),
        migrations.AddField(
            model_name='repository',
            name='next_pull_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='repository',
            name='profile',
            field=models.CharField(choices=[('strict', 'Strict: every guideline'), ('compatible', 'Compatible: those of jsonschema-tools')], default='compatible', max_length=16),
        ),
        migrations.AddField(
            model_name='repository',
            name='progress',
            field=models.JSONField(blank=True, default=dict, help_text='Of the pull at work now: stage, done, total, since.'),
        ),
        migrations.AlterModelOptions(
            name='repository',
            options={'ordering': ['order', 'name'], 'permissions': [('administer_repository', 'Can set where schemas come from, by which rules, and the credentials')], 'verbose_name_plural': 'repositories'},
        ),
        migrations.AddField(
            model_name='repository',
            name='pull_failures',
            field=models.PositiveIntegerField(default=0, help_text="Pulls in a row that didn't reach the branch."),
        ),
        migrations.AddField(
            model_name='repository',
            name='pull_token',
            field=models.UUIDField(editable=False, help_text='Of the pull at work now: it alone writes.', null=True),
        ),
        migrations.AddField(
            model_name='repository',
            name='pull_trouble',
            field=models.JSONField(blank=True, default=dict, help_text='Why the newest of them failed: code, message, remedy, since.'),
        ),
        migrations.AddField(
            model_name='repository',
            name='pull_until',
            field=models.DateTimeField(editable=False, help_text='When that pull is taken for dead; it pushes this on.', null=True),
        ),
        migrations.AddField(
            model_name='repository',
            name='seen_revision',
            field=models.BigIntegerField(default=0, help_text="The registry's revision then: a newer one may resolve what was refused."),
        ),
        migrations.AddField(
            model_name='repository',
            name='pulled_at',
            field=models.DateTimeField(blank=True, help_text='The last look at its branch that succeeded.', null=True),
        ),
        migrations.AddField(
            model_name='repository',
            name='replacement',
            field=models.CharField(blank=True, help_text="What to use instead: a title, a version's id, a repository.", max_length=200),
        ),
        migrations.AddField(
            model_name='repository',
            name='schema_folder',
            field=models.CharField(default='jsonschema', help_text='The folder within it that holds the titles.', max_length=200),
        ),
        migrations.AddField(
            model_name='repository',
            name='seen_commit',
            field=models.CharField(blank=True, help_text='The last one looked at, also if refused.', max_length=40, validators=[django.core.validators.RegexValidator('\\A[0-9a-f]{40}\\Z', "A commit's full name: 40 hexadecimal digits.")]),
        ),
        migrations.AddField(
            model_name='repository',
            name='url',
            field=models.CharField(blank=True, help_text='https://…, ssh://…, user@host:path, or a path on this machine.', max_length=500),
        ),
        migrations.AddField(
            model_name='repository',
            name='webhook_secret',
            field=models.TextField(blank=True, editable=False),
        ),
        migrations.AddField(
            model_name='schematitle',
            name='changelog_text',
            field=models.TextField(blank=True, help_text='CHANGELOG.md of its folder.'),
        ),
        migrations.AddField(
            model_name='schematitle',
            name='compatibility',
            field=models.CharField(blank=True, choices=[('NONE', 'None'), ('BACKWARD', 'Backward'), ('BACKWARD_TRANSITIVE', 'Backward, all versions'), ('FORWARD', 'Forward'), ('FORWARD_TRANSITIVE', 'Forward, all versions'), ('FULL', 'Full'), ('FULL_TRANSITIVE', 'Full, all versions')], help_text="Empty: its repository's.", max_length=24),
        ),
        migrations.AddField(
            model_name='schematitle',
            name='current_text',
            field=models.TextField(blank=True, help_text='current.yaml, from which its versions are made.'),
        ),
        migrations.AddField(
            model_name='schematitle',
            name='deprecated_since',
            field=models.DateField(blank=True, help_text='Set while it is deprecated.', null=True),
        ),
        migrations.AddField(
            model_name='schematitle',
            name='deprecated_by',
            field=models.CharField(blank=True, editable=False, max_length=150),
        ),
        migrations.AddField(
            model_name='schematitle',
            name='deprecation_reason',
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddField(
            model_name='schematitle',
            name='replacement',
            field=models.CharField(blank=True, help_text="What to use instead: a title, a version's id, a repository.", max_length=200),
        ),
        migrations.AddField(
            model_name='schematitle',
            name='search_text',
            field=models.TextField(blank=True, help_text="Small letters: its name, and the newest version's fields and descriptions."),
        ),
        migrations.AddField(
            model_name='schemaversion',
            name='commit',
            field=models.CharField(blank=True, help_text='The commit that brought it.', max_length=40, validators=[django.core.validators.RegexValidator('\\A[0-9a-f]{40}\\Z', "A commit's full name: 40 hexadecimal digits.")]),
        ),
        migrations.AddField(
            model_name='schemaversion',
            name='deprecated_since',
            field=models.DateField(blank=True, help_text='Set while it is deprecated.', null=True),
        ),
        migrations.AddField(
            model_name='schemaversion',
            name='deprecated_by',
            field=models.CharField(blank=True, editable=False, max_length=150),
        ),
        migrations.AddField(
            model_name='schemaversion',
            name='deprecation_reason',
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddField(
            model_name='schemaversion',
            name='document_packed',
            field=models.BinaryField(default=b'', help_text='The self-contained schema as JSON, deflated.'),
        ),
        migrations.AddField(
            model_name='schemaversion',
            name='document_title',
            field=models.CharField(blank=True, help_text='What the document calls itself.', max_length=200),
        ),
        migrations.AddField(
            model_name='schemaversion',
            name='number',
            field=models.PositiveIntegerField(default=0, help_text="Its place in the order in which the title's versions were published, from 1."),
        ),
        migrations.AddField(
            model_name='schemaversion',
            name='replacement',
            field=models.CharField(blank=True, help_text="What to use instead: a title, a version's id, a repository.", max_length=200),
        ),
        migrations.AddField(
            model_name='schemaversion',
            name='revision',
            field=models.BigIntegerField(db_index=True, default=0, help_text="The registry's revision that published it."),
        ),
        migrations.AlterField(
            model_name='schemaversion',
            name='path',
            field=models.CharField(help_text='The file, below the folder of titles.', max_length=500),
        ),
        migrations.AddField(
            model_name='commit',
            name='repository',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='commits', to='registry.repository'),
        ),
        migrations.AddField(
            model_name='draft',
            name='author',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='draft',
            name='editors',
            field=models.ManyToManyField(blank=True, help_text='Who wrote in it: none of them approves.', related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='draft',
            name='published',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.schemaversion'),
        ),
        migrations.AddField(
            model_name='draft',
            name='repository',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='drafts', to='registry.repository'),
        ),
        migrations.AddField(
            model_name='schemareference',
            name='version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='references', to='registry.schemaversion'),
        ),
        migrations.AddConstraint(
            model_name='commit',
            constraint=models.UniqueConstraint(fields=('repository', 'number'), name='commit_number_once'),
        ),
        migrations.AddConstraint(
            model_name='schemareference',
            constraint=models.UniqueConstraint(fields=('version', 'target_id'), name='reference_once'),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RemoveField(
            model_name='schemaversion',
            name='document_text',
        ),
        migrations.AlterField(
            model_name='schemaversion',
            name='document_packed',
            field=models.BinaryField(help_text='The self-contained schema as JSON, deflated.'),
        ),
        migrations.AlterField(
            model_name='schemaversion',
            name='number',
            field=models.PositiveIntegerField(help_text="Its place in the order in which the title's versions were published, from 1."),
        ),
        migrations.AlterField(
            model_name='schemaversion',
            name='revision',
            field=models.BigIntegerField(db_index=True, help_text="The registry's revision that published it."),
        ),
        migrations.AddConstraint(
            model_name='schemaversion',
            constraint=models.UniqueConstraint(fields=('title', 'number'), name='number_once_in_title'),
        ),
        migrations.AddIndex(
            model_name='schemaversion',
            index=models.Index(fields=['document_title'], name='registry_sc_documen_ed8e0e_idx'),
        ),
        migrations.RunPython(fill_titles, migrations.RunPython.noop),
    ]
